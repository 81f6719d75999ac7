package limits

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// network is the address, or for IPv6 the /64 that one household or machine has at its disposal.
func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	if address = address.Unmap(); address.Is4() {
		return address.String()
	}
	prefix, err := address.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

// AddressOf finds the caller's address: the peer's, or what proxies in trusted networks say it is.
func AddressOf(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	isTrusted := func(address netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(network netip.Prefix) bool { return network.Contains(address) })
	}
	return func(request *http.Request) string {
		caller, ok := hop(request.RemoteAddr)
		if !ok {
			return request.RemoteAddr
		}
		// Each proxy adds whom it heard from: from the last one back, for as long as the word is that of a trusted one and can be read.
		said := strings.Split(strings.Join(request.Header.Values(echo.HeaderXForwardedFor), ","), ",")
		for i := len(said) - 1; i >= 0 && isTrusted(caller); i-- {
			if strings.TrimSpace(said[i]) == "" {
				continue
			}
			before, ok := hop(said[i])
			if !ok {
				break
			}
			caller = before
		}
		return caller.String()
	}
}

// hop reads an address as proxies write it: alone, with a port, in brackets, in quotes, with the zone of a link.
func hop(text string) (address netip.Addr, ok bool) {
	text = strings.Trim(strings.TrimSpace(text), `"`)
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	if inner, bracketed := strings.CutPrefix(text, "["); bracketed {
		text = strings.TrimSuffix(inner, "]")
	}
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err == nil
}
