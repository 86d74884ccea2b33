package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"

	"kith/graph/document"
)

// Origins are browser origins that may send requests besides the server's own. The zero value is none.
type Origins struct {
	exact    map[string]bool
	under    []origin // their subdomains
	loopback bool
}

// An origin is a scheme and a host, with its port where that is not the scheme's own.
type origin struct{ scheme, host, port string }

// ParseOrigins reads origins such as https://example.com and https://*.example.com, which is every subdomain and not
// example.com itself. With loopback, http and https pages of this machine are origins as well, on any port.
func ParseOrigins(list []string, loopback bool) (Origins, error) {
	o := Origins{exact: map[string]bool{}, loopback: loopback}
	for _, text := range list {
		parsed, ok := parseOrigin(text)
		parent, wild := strings.CutPrefix(parsed.host, "*.")
		switch {
		case !ok, strings.Contains(parent, "*"):
			return Origins{}, fmt.Errorf("%q is not an origin such as https://example.com or https://*.example.com", text)
		case wild && !strings.Contains(parent, "."):
			return Origins{}, fmt.Errorf("%q is every site under .%s: name a domain, as in https://*.example.com", text, parent)
		case wild:
			parsed.host = "." + parent
			o.under = append(o.under, parsed)
		default:
			o.exact[parsed.String()] = true
		}
	}
	return o, nil
}

// parseOrigin reads what an Origin header or the setting says.
func parseOrigin(text string) (o origin, ok bool) {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#") {
		return o, false
	}
	o = origin{u.Scheme, u.Hostname(), u.Port()}
	if o.scheme == "http" && o.port == "80" || o.scheme == "https" && o.port == "443" {
		o.port = ""
	}
	for _, c := range o.host {
		if c >= 0x80 { // browsers send xn--…
			return o, false
		}
	}
	return o, o.host != ""
}

// String is the origin as browsers write it.
func (o origin) String() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.port != "" {
		host += ":" + o.port
	}
	return o.scheme + "://" + host
}

// allow tells whether an Origin header names one of them.
func (o *Origins) allow(header string) bool {
	from, ok := parseOrigin(header)
	if !ok {
		return false
	}
	if o.exact[from.String()] {
		return true
	}
	for _, u := range o.under {
		if from.scheme == u.scheme && from.port == u.port && strings.HasSuffix(from.host, u.host) && from.host != u.host {
			return true
		}
	}
	local := from.host == "localhost" || net.ParseIP(from.host).IsLoopback()
	return o.loopback && local && (from.scheme == "http" || from.scheme == "https")
}

// refusedOrigins logs each origin that is refused once, and no more than so many: who sends them chooses them.
type refusedOrigins struct {
	mu   sync.Mutex
	seen map[string]bool
}

const loggedOrigins = 100

func (r *refusedOrigins) note(ctx context.Context, header string) {
	header = document.Shorten(header, 200)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	if r.seen[header] || len(r.seen) == loggedOrigins {
		return
	}
	r.seen[header] = true
	slog.WarnContext(ctx, "requests from an origin are refused: KITH_ALLOWED_ORIGINS does not list it", "origin", header, "request_id", RequestID(ctx))
}
