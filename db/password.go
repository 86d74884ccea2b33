package db

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// The cost of a hash: OWASP's least for argon2id, 19 MiB and two passes.
const (
	argonMemory  = 19 * 1024
	argonPasses  = 2
	argonThreads = 1
	argonLength  = 32
)

var hashes atomic.Int64

// Hashes is how many passwords have been hashed or compared since the program began.
func Hashes() int64 { return hashes.Load() }

func argon(password string, salt []byte) []byte {
	hashes.Add(1)
	return argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonThreads, argonLength)
}

// HashPassword is an argon2id hash in the PHC format, with a salt of its own.
func HashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	return encodeHash(salt, argon(password, salt))
}

func encodeHash(salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

// MatchPassword tells whether password has the hash. It does the same work for a hash that is empty or not ours, and
// answers false.
func MatchPassword(hash, password string) bool {
	salt, want := make([]byte, 16), make([]byte, argonLength)
	var version, memory, passes, threads int
	parts := strings.Split(hash, "$")
	known := false
	if len(parts) == 6 && parts[1] == "argon2id" {
		_, errVersion := fmt.Sscanf(parts[2], "v=%d", &version)
		_, errCost := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads)
		s, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
		sum, errSum := base64.RawStdEncoding.DecodeString(parts[5])
		if errVersion == nil && errCost == nil && errSalt == nil && errSum == nil && version == argon2.Version &&
			memory == argonMemory && passes == argonPasses && threads == argonThreads && len(sum) == argonLength {
			salt, want, known = s, sum, true
		}
	}
	sum := argon(password, salt)
	return subtle.ConstantTimeCompare(sum, want) == 1 && known
}
