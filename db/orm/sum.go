package orm

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// Sums and averages are exact, and so the same on both databases and in any order of the rows. PostgreSQL has numbers of
// any length. SQLite has 64 bits: it adds up the halves of whole numbers apart, and the functions here put them together.

// maxSumDigits is how many digits a sum or an average may have: far more than 2⁶³ rows of 64 bits come to, and the digits
// of an average.
const maxSumDigits = 39

// exactly is n, in units of the answer's last digit, as a cell.
func (c *Column) exactly(n *big.Int) any {
	if c.Kind == Long {
		return n.Int64() // of fewer than 2³² numbers of 32 bits
	}
	text := n.Text(10)
	minus := ""
	if n.Sign() < 0 {
		minus, text = "-", text[1:]
	}
	if scale := c.rule.scale; scale > 0 {
		text = strings.Repeat("0", max(0, scale+1-len(text))) + text
		text = text[:len(text)-scale] + "." + text[len(text)-scale:]
	}
	return Decimal(minus + text)
}

// sqliteNumber is how SQLite holds an exact number: a text that orders and compares as the number does.
func sqliteNumber(n *big.Int) string {
	return fmt.Sprintf("%0*s", maxSumDigits+1, new(big.Int).Add(n, sqliteZero).Text(10))
}

var (
	sqliteZero = new(big.Int).Exp(big.NewInt(10), big.NewInt(maxSumDigits), nil)
	moreDigits = new(big.Int).Exp(big.NewInt(10), big.NewInt(averaged), nil)
)

func numberOf(v any) *big.Int {
	text, _ := v.(string)
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return new(big.Int)
	}
	return n
}

// halves are the sums of the upper and of the lower 32 bits of whole numbers, put together; nil if there are none.
func halves(args []driver.Value) *big.Int {
	upper, ok := args[0].(int64)
	if !ok {
		return nil
	}
	lower, _ := args[1].(int64)
	n := new(big.Int).Lsh(big.NewInt(upper), 32)
	return n.Add(n, big.NewInt(lower))
}

func kithTotal(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	if n := halves(args); n != nil {
		return sqliteNumber(n), nil
	}
	return nil, nil
}

// kithMean is the quotient to so many digits more, rounded half away from zero.
func kithMean(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	n := halves(args)
	if n == nil {
		return nil, nil
	}
	count, _ := args[2].(int64)
	of := big.NewInt(count)
	twice := new(big.Int).Mul(new(big.Int).Abs(n), moreDigits)
	twice.Lsh(twice, 1).Add(twice, of).Quo(twice, of.Lsh(of, 1))
	if n.Sign() < 0 {
		twice.Neg(twice)
	}
	return sqliteNumber(twice), nil
}

// A floatSum adds up floating-point numbers exactly, each as it is written with 17 digits, which tell it from all others:
// that of 0.1 and 0.2 is 0.3. What is not finite counts as null.
type floatSum struct{ byExponent map[int]*big.Int }

// Step adds a number.
func (s *floatSum) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	f, ok := args[0].(float64)
	if !ok || math.IsInf(f, 0) {
		return nil
	}
	digits, power, _ := strings.Cut(strconv.FormatFloat(f, 'e', 16, 64), "e")
	before, behind, _ := strings.Cut(digits, ".")
	n, _ := strconv.ParseInt(before+behind, 10, 64) // 17 digits
	exponent, _ := strconv.Atoi(power)
	exponent -= len(behind)
	if s.byExponent == nil {
		s.byExponent = map[int]*big.Int{}
	}
	if s.byExponent[exponent] == nil {
		s.byExponent[exponent] = new(big.Int)
	}
	s.byExponent[exponent].Add(s.byExponent[exponent], big.NewInt(n))
	return nil
}

// WindowInverse is not called: the function is no window's.
func (s *floatSum) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return nil }

// Final has nothing to do.
func (s *floatSum) Final(*sqlite.FunctionContext) {}

// A sum between these is a double; PostgreSQL takes what is not for an error. Both have the same limits, by the same texts.
const (
	tooLargeASum = "1.797693134862315807e308"
	tooSmallASum = "2.5e-324"
)

// WindowValue is the sum as the nearest double, null if it is too large for one.
func (s *floatSum) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if s.byExponent == nil {
		return nil, nil
	}
	sum := new(big.Rat)
	for exponent, n := range s.byExponent {
		power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil))
		if exponent < 0 {
			power.Inv(power)
		}
		sum.Add(sum, power.Mul(power, new(big.Rat).SetInt(n)))
	}
	large, _ := new(big.Rat).SetString(tooLargeASum)
	small, _ := new(big.Rat).SetString(tooSmallASum)
	size := new(big.Rat).Abs(sum)
	switch {
	case size.Cmp(large) >= 0:
		return nil, nil
	case size.Cmp(small) < 0:
		return 0.0, nil
	}
	f, _ := sum.Float64()
	return f, nil
}
