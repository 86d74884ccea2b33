package transport

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// TrustedProxies are the addresses whose forwarding headers are believed.
type TrustedProxies []netip.Prefix

// ParseTrustedProxies reads addresses and ranges (CIDR), separated by spaces or commas.
func ParseTrustedProxies(text string) (TrustedProxies, error) {
	var proxies TrustedProxies
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		prefix, err := netip.ParsePrefix(word)
		if address, alone := netip.ParseAddr(word); alone == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		// A range of all addresses would let every client say where it comes from.
		if err != nil || prefix.Bits() == 0 || prefix.Addr().Is4In6() {
			return nil, fmt.Errorf("%q is neither the address of a proxy nor a range of them such as 10.0.0.0/8", word)
		}
		proxies = append(proxies, prefix.Masked())
	}
	return proxies, nil
}

func (p TrustedProxies) trust(address netip.Addr) bool {
	return slices.ContainsFunc(p, func(proxy netip.Prefix) bool { return proxy.Contains(address) })
}

// client is where a request comes from, as limits count it: an IPv4 address, or the network of an IPv6 address, of which
// a customer has as many as they like. What a trusted proxy says of the hop before it is believed; ignored tells that
// somebody else said such a thing.
func (p TrustedProxies) client(r *http.Request) (network string, ignored bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr, false
	}
	hop := plain(peer.Addr())
	commas, elements := r.Header["X-Forwarded-For"], r.Header["Forwarded"]
	if !p.trust(hop) {
		return networkOf(hop), len(commas)+len(elements) > 0
	}
	switch {
	case len(elements) == 0:
		hop = p.walk(hop, strings.Split(strings.Join(commas, ","), ","))
	case len(commas) == 0:
		hop = p.walk(hop, forwardedFor(elements))
	default:
		// Proxies add to one of them and let the other pass as the client sent it. Only what both say is believed.
		one, other := p.walk(hop, strings.Split(strings.Join(commas, ","), ",")), p.walk(hop, forwardedFor(elements))
		if one == other {
			hop = one
		}
	}
	return networkOf(hop), false
}

// walk goes back from a hop as long as it may be trusted and says which hop was before it.
func (p TrustedProxies) walk(hop netip.Addr, before []string) netip.Addr {
	for _, text := range slices.Backward(before) {
		address, ok := parseHop(text)
		if !ok || !p.trust(hop) {
			break
		}
		hop = address
	}
	return hop
}

// parseHop reads an address, with or without a port; an IPv6 address may be in brackets, and with a port must be.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if inside, ok := strings.CutPrefix(text, "["); ok {
		var port string
		if text, port, ok = strings.Cut(inside, "]"); !ok || port != "" && port[0] != ':' {
			return netip.Addr{}, false
		}
	} else if strings.Count(text, ":") == 1 {
		text, _, _ = strings.Cut(text, ":")
	}
	address, err := netip.ParseAddr(text)
	return plain(address), err == nil
}

func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

func networkOf(address netip.Addr) string {
	if address.Is4() {
		return address.String()
	}
	return netip.PrefixFrom(address, 64).Masked().String()
}

// forwardedFor are what the elements of Forwarded headers (RFC 7239) say in `for`, "" where they do not; nil if the
// headers are malformed, for then nobody can tell who wrote what.
func forwardedFor(headers []string) (hops []string) {
	elements, ok := splitQuoted(strings.Join(headers, ","), ',')
	for _, element := range elements {
		pairs, _ := splitQuoted(element, ';')
		hop, given := "", false
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "for") {
				continue
			}
			ok = ok && !given
			hop, given = strings.TrimSpace(value), true
			if inside, quoted := strings.CutPrefix(hop, `"`); quoted {
				hop = strings.TrimSuffix(inside, `"`)
			}
		}
		hops = append(hops, hop)
	}
	if !ok {
		return nil
	}
	return hops
}

// splitQuoted splits at a separator outside of quotation marks; ok is false if one is not closed.
func splitQuoted(text string, separator byte) (parts []string, ok bool) {
	quoted, begin := false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && c == separator:
			parts = append(parts, text[begin:i])
			begin = i + 1
		}
	}
	return append(parts, text[begin:]), !quoted
}
