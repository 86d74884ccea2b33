package transport

import (
	"net/http"
	"testing"
)

func TestClientBehindProxies(t *testing.T) {
	const forwardedFor, forwarded = "X-Forwarded-For", "Forwarded"
	for name, c := range map[string]struct {
		peer    string
		header  http.Header
		want    string
		ignored bool
	}{
		"no proxy":             {"198.51.100.1:5000", nil, "198.51.100.1", false},
		"IPv6":                 {"[2001:db8:1:2:3:4:5:6]:5000", nil, "2001:db8:1:2::/64", false},
		"IPv4 in IPv6":         {"[::ffff:198.51.100.1]:5000", nil, "198.51.100.1", false},
		"a zone":               {"[fe80::1%eth0]:5000", nil, "fe80::/64", false},
		"no address":           {"@", nil, "@", false},
		"not trusted":          {"198.51.100.1:5000", http.Header{forwardedFor: {"203.0.113.7"}}, "198.51.100.1", true},
		"not trusted either":   {"198.51.100.1:5000", http.Header{forwarded: {"for=203.0.113.7"}}, "198.51.100.1", true},
		"nothing said":         {"10.1.2.3:5000", nil, "10.1.2.3", false},
		"one proxy":            {"10.1.2.3:5000", http.Header{forwardedFor: {"203.0.113.7"}}, "203.0.113.7", false},
		"proxy by IPv6":        {"[2001:db8:ffff::1]:5000", http.Header{forwardedFor: {"203.0.113.7"}}, "203.0.113.7", false},
		"proxy, IPv4 in IPv6":  {"[::ffff:10.1.2.3]:5000", http.Header{forwardedFor: {"203.0.113.7"}}, "203.0.113.7", false},
		"spoofed":              {"10.1.2.3:5000", http.Header{forwardedFor: {"192.0.2.66, 203.0.113.7"}}, "203.0.113.7", false},
		"spoofed as a proxy":   {"10.1.2.3:5000", http.Header{forwardedFor: {"192.0.2.66, 10.9.9.9, 203.0.113.7"}}, "203.0.113.7", false},
		"two proxies":          {"10.1.2.3:5000", http.Header{forwardedFor: {"192.0.2.66, 203.0.113.7, 192.0.2.10"}}, "203.0.113.7", false},
		"two lines":            {"10.1.2.3:5000", http.Header{forwardedFor: {"192.0.2.66", "203.0.113.7,192.0.2.10"}}, "203.0.113.7", false},
		"only proxies":         {"10.1.2.3:5000", http.Header{forwardedFor: {"10.0.0.1, 10.0.0.2"}}, "10.0.0.1", false},
		"a client of IPv6":     {"10.1.2.3:5000", http.Header{forwardedFor: {"2001:db8:1:2:ffff::1"}}, "2001:db8:1:2::/64", false},
		"with a port":          {"10.1.2.3:5000", http.Header{forwardedFor: {"203.0.113.7:4711"}}, "203.0.113.7", false},
		"IPv6 with a port":     {"10.1.2.3:5000", http.Header{forwardedFor: {"[2001:db8:1:2::1]:4711"}}, "2001:db8:1:2::/64", false},
		"rubbish":              {"10.1.2.3:5000", http.Header{forwardedFor: {"192.0.2.66, unknown"}}, "10.1.2.3", false},
		"empty":                {"10.1.2.3:5000", http.Header{forwardedFor: {""}}, "10.1.2.3", false},
		"rubbish further off":  {"10.1.2.3:5000", http.Header{forwardedFor: {"rubbish, 192.0.2.10"}}, "192.0.2.10", false},
		"the standard's":       {"10.1.2.3:5000", http.Header{forwarded: {"for=192.0.2.66, For=203.0.113.7;proto=https;by=10.1.2.3"}}, "203.0.113.7", false},
		"quoted":               {"10.1.2.3:5000", http.Header{forwarded: {`for="[2001:db8:1:2::1]:4711"`}}, "2001:db8:1:2::/64", false},
		"a hidden port":        {"10.1.2.3:5000", http.Header{forwarded: {`for="203.0.113.7:_hidden"`}}, "203.0.113.7", false},
		"unknown":              {"10.1.2.3:5000", http.Header{forwarded: {"for=192.0.2.66, for=unknown"}}, "10.1.2.3", false},
		"hidden":               {"10.1.2.3:5000", http.Header{forwarded: {"for=192.0.2.66, for=_secret, for=192.0.2.10"}}, "192.0.2.10", false},
		"says only how":        {"10.1.2.3:5000", http.Header{forwarded: {"for=192.0.2.66, proto=https"}}, "10.1.2.3", false},
		"a comma in quotes":    {"10.1.2.3:5000", http.Header{forwarded: {`for=192.0.2.66;host="a,for=192.0.2.67", for=203.0.113.7`}}, "203.0.113.7", false},
		"a quote in quotes":    {"10.1.2.3:5000", http.Header{forwarded: {`host="a\",for=192.0.2.67", for=203.0.113.7`}}, "203.0.113.7", false},
		"an open quote":        {"10.1.2.3:5000", http.Header{forwarded: {`for="192.0.2.66, for=203.0.113.7`}}, "10.1.2.3", false},
		"said twice":           {"10.1.2.3:5000", http.Header{forwarded: {"for=192.0.2.66;for=203.0.113.7"}}, "10.1.2.3", false},
		"both agree":           {"10.1.2.3:5000", http.Header{forwardedFor: {"203.0.113.7"}, forwarded: {"for=203.0.113.7"}}, "203.0.113.7", false},
		"both, one is spoofed": {"10.1.2.3:5000", http.Header{forwardedFor: {"203.0.113.7"}, forwarded: {"for=192.0.2.66"}}, "10.1.2.3", false},
		"both, one is rubbish": {"10.1.2.3:5000", http.Header{forwardedFor: {"203.0.113.7"}, forwarded: {"rubbish"}}, "10.1.2.3", false},
	} {
		proxies, err := ParseTrustedProxies("10.0.0.0/8, 192.0.2.10 2001:db8:ffff::/48,,")
		if err != nil {
			t.Fatal(err)
		}
		got, ignored := proxies.client(&http.Request{RemoteAddr: c.peer, Header: c.header})
		if got != c.want || ignored != c.ignored {
			t.Errorf("%s: %s, ignored %v; want %s, %v", name, got, ignored, c.want, c.ignored)
		}
	}
}

func TestTrustedProxies(t *testing.T) {
	for _, text := range []string{"proxy", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "10.0.0.1; 10.0.0.2"} {
		if proxies, err := ParseTrustedProxies(text); err == nil {
			t.Errorf("%q is read as %v", text, proxies)
		}
	}
	for _, text := range []string{"", " ", "127.0.0.1", "::1", "fe80::1%eth0", "10.1.2.3/8"} {
		if _, err := ParseTrustedProxies(text); err != nil {
			t.Error(err)
		}
	}
}
