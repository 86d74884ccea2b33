package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/wneessen/go-mail"
)

// SMTP sends mails by the server at address, smtp://USER:PASSWORD@HOST:PORT or smtps://…, from an e-mail address such as
// "Kith <kith@example.com>". By smtp:// TLS is begun with STARTTLS, without which only a server on this machine is spoken to.
func SMTP(address, from string) (func(context.Context, Mail) error, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("the mail server is not smtp://USER:PASSWORD@HOST:PORT or smtps://…") // the address may hold a password
	}
	port, policy := 587, mail.TLSMandatory
	options := []mail.Option{mail.WithTimeout(sendWithin)}
	if u.Scheme == "smtps" {
		port = 465
		options = append(options, mail.WithSSL())
	} else if u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback() {
		policy = mail.TLSOpportunistic
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, errors.New("the mail server's port is not a number")
		}
	}
	options = append(options, mail.WithTLSPolicy(policy), mail.WithPort(port))
	if user := u.User.Username(); user != "" {
		password, _ := u.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(user), mail.WithPassword(password))
	}
	if err := mail.NewMsg().From(from); err != nil {
		return nil, fmt.Errorf("%q is not an e-mail address to send from", from)
	}
	if _, err := mail.NewClient(u.Hostname(), options...); err != nil {
		return nil, err
	}
	return func(ctx context.Context, m Mail) error {
		message := mail.NewMsg()
		if err := errors.Join(message.From(from), message.To(m.To)); err != nil {
			return errors.Join(ErrRefused, err)
		}
		message.Subject(m.Subject)
		message.SetDate()
		message.SetMessageID()
		message.SetGenHeader("Auto-Submitted", "auto-generated")
		message.SetBodyString(mail.TypeTextPlain, m.Text)
		client, err := mail.NewClient(u.Hostname(), options...)
		if err != nil {
			return err
		}
		err = client.DialAndSendWithContext(ctx, message)
		if failure := (*mail.SendError)(nil); errors.As(err, &failure) && !failure.IsTemp() && failure.ErrorCode() >= 500 {
			return errors.Join(ErrRefused, err)
		}
		return err
	}, nil
}
