package orm

import (
	"context"
	"net"
	"net/url"
	"time"

	"github.com/lib/pq"
)

// listenPostgres has a connection of its own, which is made again when it is lost. What is sent meanwhile is lost: it only
// makes things quicker.
func listenPostgres(ctx context.Context, address string, f func()) {
	config, err := configOf(address)
	if err != nil {
		return // it has been opened with this address
	}
	if address, err = oneAuthority(address); err != nil {
		return
	}
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	query := u.Query()
	query.Set("sslmode", string(config.SSLMode))
	u.RawQuery = query.Encode()
	listener := pq.NewDialListener(listening{}, u.String(), 100*time.Millisecond, 10*time.Second, func(event pq.ListenerEventType, _ error) {
		if event == pq.ListenerEventConnected || event == pq.ListenerEventReconnected {
			f()
		}
	})
	defer listener.Close()
	if Sent != nil {
		Sent("LISTEN " + channel)
	}
	go listener.Listen(channel) //nolint:errcheck // it waits for a connection, for ever if there is none
	for {
		select {
		case <-listener.Notify:
			f()
		case <-time.After(time.Minute):
			go listener.Ping() //nolint:errcheck // a connection that is lost is made again
		case <-ctx.Done():
			return
		}
	}
}

// listening dials connections that notice when the other end is gone.
type listening struct{}

// Dial makes a connection.
func (l listening) Dial(network, address string) (net.Conn, error) {
	return l.DialTimeout(network, address, 5*time.Second)
}

// DialTimeout makes a connection in time.
func (listening) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	alive := net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: time.Second, Count: 3}
	return (&net.Dialer{Timeout: timeout, KeepAliveConfig: alive}).Dial(network, address)
}
