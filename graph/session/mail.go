package session

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"kith/db"
	"kith/db/orm"
	"kith/graph/model"
)

// A Mail is a text to somebody.
type Mail struct{ To, Subject, Text string }

// ErrRefused is of a mail that will not be taken however often it is sent.
var ErrRefused = errors.New("the mail is refused")

// How many mails may be asked for in a window to one e-mail address and from one address, and how many tokens that are good for nothing
// may be tried from one address.
const (
	mailsTo    = 5
	mailsFrom  = 20
	tokensFrom = 20
)

const (
	// lookForMail is how often is looked for mails that another process has left, or that are to be tried again.
	lookForMail = 15 * time.Second
	// sendWithin is how long a mail may take to send: less than it belongs to this process.
	sendWithin = 25 * time.Second
)

// maxEmail is how many bytes an e-mail address may have.
const maxEmail = 1024

var errNoMail = orm.Errorf(orm.Forbidden, "this server sends no mail")

// counted counts an attempt, and answers LIMIT_EXCEEDED if there were too many: one of those leaves nothing behind.
func (a *Authenticator) counted(ctx context.Context, bounds []db.Bound) error {
	if err := a.mayTry(ctx, bounds); err != nil {
		return err
	}
	return a.count(ctx, bounds)
}

func (a *Authenticator) mailBounds(address, to string) []db.Bound {
	return []db.Bound{{CountedFor: a.KeyedHash("mail to", to), Most: mailsTo}, {CountedFor: a.KeyedHash("mail from", address), Most: mailsFrom}}
}

func (a *Authenticator) tokenBounds(address string) []db.Bound {
	return []db.Bound{{CountedFor: a.KeyedHash("mailed token", address), Most: tokensFrom}}
}

// ask has a mail sent, soon.
func (a *Authenticator) ask(ctx context.Context, m db.Mail) error {
	m.ID = random()
	if err := a.db.AddMail(ctx, m); err != nil {
		return err
	}
	select {
	case a.posted <- struct{}{}:
	default: // it is being looked for already
	}
	return nil
}

// RequestReset has a token mailed to those who have verified an e-mail address. It does the same whether there are any.
func (a *Authenticator) RequestReset(ctx context.Context, address string, input model.RequestPasswordResetInput) (*model.RequestPasswordResetPayload, error) {
	if a.mail == nil {
		return nil, errNoMail
	}
	email := norm.NFC.String(strings.TrimSpace(input.EmailAddress))
	if local, domain, found := strings.Cut(email, "@"); !found || local == "" || domain == "" || len(email) > maxEmail || strings.ContainsRune(email, 0) {
		return &model.RequestPasswordResetPayload{UserErrors: []*orm.Fault{{Code: orm.Invalid, Message: "is not an e-mail address", Field: []string{"input", "emailAddress"}}}}, nil
	}
	email = db.FoldEmail(email)
	if err := a.counted(ctx, a.mailBounds(address, email)); err != nil {
		return nil, err
	}
	return &model.RequestPasswordResetPayload{UserErrors: []*orm.Fault{}}, a.ask(ctx, db.Mail{Purpose: db.ResetPassword, Address: email})
}

// RequestVerification has a token mailed to the viewer's e-mail address.
func (a *Authenticator) RequestVerification(ctx context.Context, address string) (*model.RequestEmailVerificationPayload, error) {
	viewer := orm.ViewerOf(ctx)
	switch {
	case viewer.Key == 0:
		return nil, orm.ErrAnonymous
	case a.mail == nil:
		return nil, errNoMail
	}
	email, found, err := a.db.EmailOf(ctx, viewer.Key)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return &model.RequestEmailVerificationPayload{UserErrors: []*orm.Fault{{Code: orm.NotFound, Message: "you have no e-mail address"}}}, nil
	}
	if err := a.counted(ctx, a.mailBounds(address, db.FoldEmail(email))); err != nil {
		return nil, err
	}
	return &model.RequestEmailVerificationPayload{UserErrors: []*orm.Fault{}}, a.ask(ctx, db.Mail{Purpose: db.VerifyEmail, Address: email, User: viewer.Key})
}

// errToken is all that is said of a mailed token that is good for nothing.
func errToken() []*orm.Fault {
	return []*orm.Fault{{Code: orm.Invalid, Message: "the token is not valid, or was used", Field: []string{"input", "token"}}}
}

// Reset gives the user to whom a token was mailed another password. It ends their sessions, and opens one.
func (a *Authenticator) Reset(ctx context.Context, address string, input model.ResetPasswordInput) (*model.ResetPasswordPayload, error) {
	jar, err := jarOf(ctx)
	if err != nil {
		return nil, err
	}
	draft, faults := newPassword(input.NewPassword)
	if len(faults) > 0 {
		return &model.ResetPasswordPayload{UserErrors: faults}, nil
	}
	bounds, hash := a.tokenBounds(address), hashToken(input.Token)
	if err := a.counted(ctx, bounds); err != nil {
		return nil, err
	}
	account, err := a.db.Resetting(ctx, hash, a.Place(address))
	if err != nil {
		return nil, err
	}
	var session *model.Session
	reset := account.Key != 0
	if reset {
		session, reset, err = a.openAnew(ctx, jar, address, draft, db.Login{User: account.Key, Verified: account.Hash, Token: hash, Attempts: bounds})
	}
	if err == nil && !reset {
		return &model.ResetPasswordPayload{UserErrors: errToken()}, nil
	}
	return &model.ResetPasswordPayload{Session: session, UserErrors: []*orm.Fault{}}, err
}

// Verify makes the e-mail address to which a token was mailed a verified one.
func (a *Authenticator) Verify(ctx context.Context, address string, input model.VerifyEmailInput) (*model.VerifyEmailPayload, error) {
	bounds := a.tokenBounds(address)
	if err := a.counted(ctx, bounds); err != nil {
		return nil, err
	}
	verified, err := a.db.Verify(ctx, hashToken(input.Token), bounds)
	if err == nil && !verified {
		return &model.VerifyEmailPayload{UserErrors: errToken()}, nil
	}
	return &model.VerifyEmailPayload{UserErrors: []*orm.Fault{}}, err
}

// Deliver sends the mails that are asked for, of this process and of others that were lost, until ctx ends. A mail is sent at least once
// while its token can be used, or the log says that it was not.
func (a *Authenticator) Deliver(ctx context.Context) {
	for {
		found, err := a.deliver(ctx)
		if err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "the mails to be sent cannot be looked for", "cause", err)
		}
		if found && err == nil {
			continue
		}
		select {
		case <-a.posted:
		case <-time.After(lookForMail):
		case <-ctx.Done():
			return
		}
	}
}

// deliver sends one mail, if there is one.
func (a *Authenticator) deliver(ctx context.Context) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	m, found, err := a.db.TakeMail(ctx)
	if err != nil || !found {
		return false, err
	}
	if !a.db.Now().Before(m.Created.Add(m.Purpose.Life())) {
		slog.ErrorContext(ctx, "a mail could not be sent in time, and is not tried again", "purpose", string(m.Purpose), "tries", m.Tries-1)
		return true, a.db.MailDone(ctx, m.ID)
	}
	recipients, err := a.db.Recipients(ctx, m)
	if err != nil {
		return false, err
	}
	later := false
	for _, r := range recipients {
		token := a.mailedToken(m, r)
		if err := a.db.AddMailedToken(ctx, hashToken(token), m, r); err != nil {
			return false, err
		}
		switch err := a.mail(ctx, a.compose(m, r, token)); {
		case errors.Is(err, ErrRefused):
			slog.ErrorContext(ctx, "a mail is refused, and is not tried again", "purpose", string(m.Purpose), "cause", err)
		case err != nil:
			slog.WarnContext(ctx, "a mail could not be sent, and is tried again", "purpose", string(m.Purpose), "tries", m.Tries, "cause", err)
			later = true
		}
	}
	if later {
		return true, nil
	}
	return true, a.db.MailDone(context.WithoutCancel(ctx), m.ID)
}

// mailedToken is the token in a mail to a recipient: always the same, so that the mail can be sent again although only the token's hash
// is stored.
func (a *Authenticator) mailedToken(m db.Mail, r db.Recipient) string {
	return base64.RawURLEncoding.EncodeToString(a.mac("mailed token", m.ID, orm.GlobalID(db.Users.Table, r.User))[:secretBytes])
}

// compose is the mail with a token. The token stands behind a #, so that no server but kith is told.
func (a *Authenticator) compose(m db.Mail, r db.Recipient, token string) Mail {
	subject, ask, page, life, otherwise := "Verify your e-mail address", "verify that this is your e-mail address", "/verify-email", "a day", "nothing is changed"
	if m.Purpose == db.ResetPassword {
		subject, ask, page, life, otherwise = "Set a new password", "set a new password", "/reset-password", "an hour", "your password stays as it is"
	}
	what := "This token does it: " + token
	if a.appURL != "" {
		what = "Open this page to do it:\n\n" + a.appURL + page + "#token=" + token
	}
	return Mail{To: r.Address, Subject: subject, Text: fmt.Sprintf("Somebody, you we think, asked to %s, for the user %s.\n\n%s\n\nIt works once, within %s. If it was not you, you need not do anything: %s.\n", ask, r.Username, what, life, otherwise)}
}
