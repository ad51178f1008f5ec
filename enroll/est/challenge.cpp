#include "enroll/est/challenge.h"

#include <strings.h>

namespace edgeseal::enroll::est {
namespace {

// Goes through tokens, quoted strings and what stands between them.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool take(char wanted) {
    skip_spaces();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    skip_spaces();
    const std::string_view found = rest_.substr(0, rest_.find_first_of(" \t,=\""));
    rest_.remove_prefix(found.size());
    return found;
  }
  std::string value() {
    if (!take('"')) return std::string(token());
    std::string text;
    for (; !rest_.empty() && rest_.front() != '"'; rest_.remove_prefix(1)) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      text += rest_.front();
    }
    static_cast<void>(take('"'));
    return text;
  }
  void skip() { rest_.remove_prefix(rest_.empty() ? 0 : 1); }

 private:
  void skip_spaces() {
    const auto first = rest_.find_first_not_of(" \t");
    rest_.remove_prefix(first == std::string_view::npos ? rest_.size() : first);
  }

  std::string_view rest_;
};

bool same_word(std::string_view left, std::string_view right) {
  return left.size() == right.size() && ::strncasecmp(left.data(), right.data(), left.size()) == 0;
}

// A header is a list of schemes and of parameters, each parameter belonging to the scheme before it.
std::optional<std::string> basic_realm(std::string_view header) {
  std::optional<std::string> realm;
  bool basic = false;
  for (Scanner scanner(header); !scanner.at_end();) {
    const std::string_view word = scanner.token();
    if (word.empty()) {
      scanner.skip();
    } else if (!scanner.take('=')) {
      if (realm) return realm;
      basic = same_word(word, "Basic");
      if (basic) realm.emplace();
    } else if (const std::string value = scanner.value(); basic && same_word(word, "realm")) {
      return value;
    }
  }
  return realm;
}

}  // namespace

std::optional<std::string> basic_realm(const std::vector<std::string_view>& headers) {
  for (const std::string_view header : headers)
    if (std::optional<std::string> realm = basic_realm(header)) return realm;
  return std::nullopt;
}

}  // namespace edgeseal::enroll::est
