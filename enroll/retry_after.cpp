#include "enroll/retry_after.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace edgeseal::enroll {
namespace {

constexpr std::size_t max_header_size = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::chrono::seconds bounded_retry(std::chrono::seconds wanted) {
  return std::clamp(wanted, min_retry, max_retry);
}

std::chrono::seconds retry_after(std::string_view header, std::chrono::system_clock::time_point now) {
  if (header.empty() || header.size() > max_header_size) return default_retry;
  const std::string_view digits = header.substr(header.front() == '-' ? 1 : 0);
  if (!digits.empty() && std::all_of(digits.begin(), digits.end(), is_digit)) {
    if (header.front() == '-') return min_retry;
    long seconds = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    return error == std::errc() ? bounded_retry(std::chrono::seconds(std::min(seconds, max_retry.count()))) : max_retry;
  }
  const std::time_t date = curl_getdate(std::string(header).c_str(), nullptr);
  if (date < 0) return default_retry;
  return bounded_retry(std::chrono::seconds(date - std::chrono::system_clock::to_time_t(now)));
}

}  // namespace edgeseal::enroll
