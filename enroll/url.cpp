#include "enroll/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "enroll/error.h"
#include "enroll/printable.h"

namespace edgeseal::enroll {
namespace {

struct CleanUrl {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, CleanUrl>;

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  std::string result = text;
  curl_free(text);
  return result;
}

// Without brackets, in lower case: names of hosts don't differ by it.
std::string plain_host(std::string host) {
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

bool is_http(const std::string& scheme) {
  return scheme == "https" || scheme == "http";
}

// CURLUE_OK, or what is wrong.
CURLUcode set_url(CURLU* url, const std::string& text) {
  if (text.size() > max_url_size || text.find('\0') != std::string::npos) return CURLUE_MALFORMED_INPUT;
  return curl_url_set(url, CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER);
}

Url parts_of(CURLU* url) {
  return {part(url, CURLUPART_SCHEME), plain_host(part(url, CURLUPART_HOST)),
          part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT), part(url, CURLUPART_PATH), part(url, CURLUPART_QUERY)};
}

// libcurl looks for an IPv4 address before it decodes percent signs: %31 is the host 1 at first, 0.0.0.1 when read
// again.
bool names_one_host(const Url& url) {
  const UrlHandle again(curl_url());
  return url.host.find('%') == std::string::npos &&
         set_url(again.get(), Url{url.scheme, url.host, url.port, "/", {}}.text()) == CURLUE_OK &&
         parts_of(again.get()).host == url.host;
}

}  // namespace

std::string Url::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}{}{}{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port, path,
                     query.empty() ? "" : "?", query);
}

Url parse_url(const std::string& text) {
  const UrlHandle handle(curl_url());
  const CURLUcode code = set_url(handle.get(), text);
  if (code != CURLUE_OK)
    throw Error(ErrorClass::policy, fmt::format("{} is no URL: {}", printable(text), curl_url_strerror(code)));
  Url url = parts_of(handle.get());
  if (!is_http(url.scheme) || !part(handle.get(), CURLUPART_FRAGMENT).empty())
    throw Error(ErrorClass::policy, fmt::format("{}: an https URL without a fragment is expected", printable(text)));
  if (!names_one_host(url))
    throw Error(ErrorClass::policy, fmt::format("{}: its host can be read in two ways", printable(text)));
  return url;
}

Url resolve(const Url& base, const std::string& reference) {
  const UrlHandle handle(curl_url());
  set_url(handle.get(), base.text());
  const CURLUcode code = set_url(handle.get(), reference);
  Url url = parts_of(handle.get());
  if (code != CURLUE_OK || !is_http(url.scheme))
    throw Error(ErrorClass::redirect,
                fmt::format("{} points to {}, which is no http URL", base.host, printable(reference)));
  if (!names_one_host(url))
    throw Error(ErrorClass::redirect,
                fmt::format("{} points to {}, whose host can be read in two ways", base.host, printable(reference)));
  return url;
}

bool same_origin(const Url& left, const Url& right) {
  return left.scheme == right.scheme && left.host == right.host && left.port == right.port;
}

}  // namespace edgeseal::enroll
