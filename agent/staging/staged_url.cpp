#include "agent/staging/staged_url.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "agent/error.h"
#include "policy/network_address.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_host_length = 253;
constexpr std::size_t max_label_length = 63;

[[noreturn]] void malformed(std::string_view url, const std::string& problem) {
  throw Error(Code::invalid_argument, fmt::format("the URL \"{:.100}\": {}", url, problem));
}
[[noreturn]] void forbid(std::string_view url, const std::string& problem) {
  throw Error(Code::user_access_denied, fmt::format("the URL \"{:.100}\" is not followed: {}", url, problem));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_visible_ascii(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' && c != '`' && c != '{' &&
         c != '|' && c != '}';
}

std::optional<in_addr> ipv4_of(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}
std::optional<in6_addr> ipv6_of(const std::string& text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

// This host, all hosts, or none; also the metadata service of clouds.
bool is_forbidden(const std::string& address) {
  if (const auto ipv4 = ipv4_of(address)) return !policy::leads_elsewhere(*ipv4);
  const auto ipv6 = ipv6_of(address);
  return ipv6 && !policy::leads_elsewhere(*ipv6);
}

bool is_link_local(const std::string& host) {
  if (const auto ipv4 = ipv4_of(host)) return ntohl(ipv4->s_addr) >> 16 == 0xa9fe;
  const auto ipv6 = ipv6_of(host);
  return ipv6 && IN6_IS_ADDR_LINKLOCAL(&*ipv6);
}

struct Authority {
  std::string host;
  std::string_view port;
  bool bracketed = false;
};

Authority split(std::string_view authority, std::string_view url) {
  if (!authority.starts_with('[')) {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    return {lower(authority.substr(0, colon)), authority.substr(colon)};
  }
  const std::size_t close = authority.find(']');
  if (close == std::string_view::npos) malformed(url, "a bracket is not closed");
  return {lower(authority.substr(1, close - 1)), authority.substr(close + 1), true};
}

void require_port(std::string_view text, std::string_view url) {
  if (text.empty()) return;
  if (text.front() != ':') malformed(url, "its host is malformed");
  text.remove_prefix(1);
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || rest != text.data() + text.size() || port == 0)
    malformed(url, "a port is a number from 1 to 65535");
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= max_label_length && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

// RFC 1123 §2.1. A last label like a number is an address to some resolvers: 127.1, 0x7f.1, 2130706433.
bool is_dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > max_host_length) return false;
  std::string_view last;
  for (std::string_view rest = name;;) {
    const std::size_t dot = rest.find('.');
    last = rest.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !last.starts_with("0x") && !std::ranges::all_of(last, is_digit);
}

bool is_this_host(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name == "localhost" || name.ends_with(".localhost");
}

void require_host(const Authority& authority, std::string_view url) {
  const std::string& host = authority.host;
  if (authority.bracketed) {
    if (!ipv6_of(host)) malformed(url, "no IPv6 address stands in the brackets");
  } else if (!ipv4_of(host) && !is_dns_name(host)) {
    malformed(url, "its host is neither a DNS name nor an IP address in the usual form");
  }
  if (is_this_host(host) || is_forbidden(host))
    forbid(url, "it leads to this host, to a service of the machine, or to no single host");
}

void require_http_allowed(const std::string& wanted, const UrlRules& rules, std::string_view url) {
  if (!rules.staging)
    forbid(url,
           "plain http is for setup alone, and setup is not open; remedy: an https URL, or the certificate inline");
  const bool configured =
      std::ranges::any_of(rules.hosts, [&](const std::string& host) { return lower(host) == wanted; });
  if (!configured && !is_link_local(wanted))
    forbid(url,
           "plain http is for link-local addresses and staging hosts; remedy: an https URL, or the host in "
           "http-hosts of [staging]");
}

}  // namespace

void require_host_name(const std::string& host) {
  if (!ipv4_of(host) && !ipv6_of(host) && !is_dns_name(host))
    throw Error(Code::invalid_argument,
                fmt::format("\"{:.100}\" is neither a DNS name nor an IP address: give it without scheme, port and "
                            "brackets",
                            host));
}

void require_allowed(std::string_view url, const UrlRules& rules) {
  if (url.size() > max_url_length || !std::ranges::all_of(url, is_visible_ascii))
    malformed(url, fmt::format("a URL has at most {} characters of ASCII, and no white space", max_url_length));
  const std::size_t colon = url.find("://");
  const std::string scheme = lower(url.substr(0, std::min(colon, url.size())));
  if (colon == std::string_view::npos || (scheme != "https" && scheme != "http"))
    malformed(url, "certificates are fetched by https alone, and by http while setup is open");
  const std::string_view rest = url.substr(colon + 3);
  const std::string_view whole = rest.substr(0, std::min(rest.find_first_of("/?#"), rest.size()));
  if (whole.find('@') != std::string_view::npos) forbid(url, "it has user information");
  const Authority authority = split(whole, url);
  require_host(authority, url);
  require_port(authority.port, url);
  if (scheme == "http") require_http_allowed(authority.host, rules, url);
}

bool has_tls(std::string_view url) {
  return lower(url.substr(0, url.find(':'))) == "https";
}

}  // namespace edgeseal::agent
