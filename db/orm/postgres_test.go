package orm

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/lib/pq"
)

// A URL is read as the driver reads it, and the connection is authenticated unless it stays on this machine.
func TestPostgresURL(t *testing.T) {
	for _, c := range []struct {
		url, environment string
		mode             pq.SSLMode
		place            string
	}{
		{"postgres://u:p@localhost/kith", "", "disable", "kith at localhost:5432"},
		{"postgres://u:p@127.0.0.9:99/kith", "", "disable", "kith at 127.0.0.9:99"},
		{"postgres://u:p@[::1]:99/kith", "", "disable", "kith at [::1]:99"},
		{"postgres:///kith", "", "disable", "kith at localhost:5432"},
		{"postgres://u:p@db.example/kith", "", "verify-full", "kith at db.example:5432"},
		{"postgresql://u:p@db.example:99/kith", "", "verify-full", "kith at db.example:99"},
		{"postgres://u:p@db.example/kith?sslmode=require", "", "require", "kith at db.example:5432"},
		{"postgres://u:p@db.example/kith", "PGSSLMODE=require", "require", "kith at db.example:5432"},
		{"postgres://u:p@db.example/kith?sslrootcert=system", "", "verify-full", "kith at db.example:5432"},
		{"postgres:///kith?host=db.example&password=p", "", "verify-full", "kith at db.example:5432"},
		{"postgres:///kith?host=db.example&port=99&user=u&password=p", "", "verify-full", "kith at db.example:99"},
		{"postgres:///?host=db.example&dbname=kith", "", "verify-full", "kith at db.example:5432"},
		{"postgres://localhost/kith?hostaddr=192.0.2.1", "", "verify-full", "kith at localhost:5432"},
		{"postgres://db.example/kith?hostaddr=127.0.0.1", "", "disable", "kith at db.example:5432"},
		{"postgres:///kith", "PGHOST=db.example", "verify-full", "kith at db.example:5432"},
		{"postgres:///kith", "PGHOSTADDR=192.0.2.1", "verify-full", "kith at localhost:5432"},
		{"postgres:///", "PGDATABASE=kith", "disable", "kith at localhost:5432"},
		{"postgres:///kith?host=/run/postgresql", "", "disable", "kith at /run/postgresql"},
		{"postgres://%2Frun%2Fpostgresql/kith", "", "disable", "kith at /run/postgresql"},
		{"postgres://u:p@a:1,b:2/kith?target_session_attrs=read-write", "", "verify-full", "kith at a:1,b:2"},
		{"postgres://u:p@a,[2001:db8::1]:2,/kith", "", "verify-full", "kith at a:5432,[2001:db8::1]:2,localhost:5432"},
		{"postgres://u:p@localhost:1,db.example:2/kith", "", "verify-full", "kith at localhost:1,db.example:2"},
		{"postgres://u:p@localhost:1,127.0.0.1:2/kith", "", "disable", "kith at localhost:1,127.0.0.1:2"},
		{"postgres:///kith?host=a,b&port=1,2", "", "verify-full", "kith at a:1,b:2"},
		{"postgres://a,b/kith?port=7", "", "verify-full", "kith at a:7,b:7"},
	} {
		t.Run(c.url+" "+c.environment, func(t *testing.T) {
			if name, value, ok := strings.Cut(c.environment, "="); ok {
				t.Setenv(name, value)
			}
			config, err := configOf(c.url)
			if err != nil {
				t.Fatal(err)
			}
			if config.SSLMode != c.mode && config.Host[0] != '/' {
				t.Errorf("sslmode %q", config.SSLMode)
			}
			if place := placeOfPostgres(c.url); place != c.place {
				t.Errorf("%q", place)
			}
			if strings.Contains(c.url, ":p@") && (config.User != "u" || config.Password != "p") {
				t.Errorf("user %q, password %q", config.User, config.Password)
			}
			if strings.Contains(c.url, "read-write") && config.TargetSessionAttrs != pq.TargetSessionAttrsReadWrite {
				t.Errorf("%q", config.TargetSessionAttrs)
			}
		})
	}
}

// A URL that its writer meant otherwise than it reads is refused, and nothing of it is said.
func TestPostgresURLIsNone(t *testing.T) {
	for _, address := range []string{
		"postgres://u:a#b@db.example/kith", "postgres://u:a/b@db.example/kith", "postgres://u:a?b@db.example/kith", "postgres://u:a%@db.example/kith",
		"postgres:///kith?host=db.example&password=a#b", "postgres://db.example/kith#b", "postgres://db.example/a@b", "postgres://a,%zz/kith",
	} {
		if _, err := configOf(address); !errors.Is(err, errNoURL) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// What is said of a database that cannot be opened is its name and its hosts: no user and no password.
func TestPostgresSaysNoSecret(t *testing.T) {
	for _, address := range []string{
		"postgres://hugo:hunter2@127.0.0.1:1/kith",
		"postgres:///kith?host=127.0.0.1&port=1&user=hugo&password=hunter2",
		"postgres://hugo:hunter2@127.0.0.1:1,127.0.0.1:2/kith",
		"postgres://hugo:hunter2@127.0.0.1:port/kith",
		"postgres://hugo:hunter2%@127.0.0.1/kith",
		"postgres://hugo:hun#ter2@127.0.0.1/kith",
		"postgres://hugo:hun/ter2@127.0.0.1/kith",
		"postgres://hugo:12#ter2@127.0.0.1/kith",
		"postgres://hugo:12/ter2@127.0.0.1/kith",
		"postgres://hugo:12?ter2@127.0.0.1/kith",
		"postgres://hugo:hunter2@127.0.0.1,%zz/kith",
		"postgres://hugo:hunter2@127.0.0.1/kith?sslmode=none",
	} {
		_, err := Open(t.Context(), page, address, Options{})
		if err == nil || strings.Contains(err.Error(), "hugo") || strings.Contains(err.Error(), "ter2") {
			t.Errorf("%s: %v", address, err)
		}
		if u, bad := url.Parse(address); bad == nil && u.Port() == "1" && !strings.Contains(err.Error(), "kith at 127.0.0.1:1") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
