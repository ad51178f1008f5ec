#include "jose/bundle/code.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "jose/libcrypto.h"

namespace edgeseal::jose {

namespace {

constexpr std::string_view symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
constexpr std::size_t base = 32;
constexpr std::size_t check_base = 37;
constexpr std::size_t random_symbols = 12;
constexpr std::size_t group_length = 4;
constexpr std::size_t code_length = random_symbols + 1 + tan_length;

char upper(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

char unambiguous(char letter) {
  const char symbol = upper(letter);
  if (symbol == 'O') return '0';
  return symbol == 'I' || symbol == 'L' ? '1' : symbol;
}

char check_symbol(std::string_view code) {
  std::size_t rest = 0;
  for (const char symbol : code) rest = (rest * base + symbols.find(symbol)) % check_base;
  return symbols[rest];
}

// They stand where anybody would put them.
bool is_separator(char letter) {
  return letter == '-' || letter == ' ';
}

// Its symbols where it has the form of a code.
std::optional<SecretText> code_symbols(std::string_view typed) {
  SecretText code;
  code.reserve(max_code_length);  // not in the object
  for (const char letter : typed)
    if (!is_separator(letter)) code += unambiguous(letter);
  if (code.size() != code_length) return std::nullopt;
  for (std::size_t position = 0; position < code.size(); ++position)
    if (symbols.find(code[position]) >= (position == random_symbols ? check_base : base)) return std::nullopt;
  return code;
}

bool has_check_symbol(std::string_view code) {
  return code[random_symbols] == check_symbol(code.substr(0, random_symbols));
}

SplitCode split(std::string_view text) {
  const ByteView bytes = bytes_of(text);
  return {SecretBytes(bytes.begin(), bytes.end() - tan_length), SecretBytes(bytes.end() - tan_length, bytes.end())};
}

double alphabet_of(std::string_view text) {
  const auto any = [text](const auto& is_kind) { return std::ranges::any_of(text, is_kind); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_other = [&](char c) { return !is_digit(c) && !is_lower(c) && !is_upper(c) && !is_separator(c); };
  return (any(is_digit) ? 10 : 0) + (any(is_lower) ? 26 : 0) + (any(is_upper) ? 26 : 0) + (any(is_other) ? 33 : 0);
}

struct Unit {
  double seconds;
  std::string_view name;
};
constexpr std::array<Unit, 8> units{{{1, "seconds"},
                                     {60, "minutes"},
                                     {3600, "hours"},
                                     {86400, "days"},
                                     {31557600, "years"},
                                     {31557600e3, "thousand years"},
                                     {31557600e6, "million years"},
                                     {31557600e9, "billion years"}}};

}  // namespace

SecretText make_code() {
  std::array<unsigned char, random_symbols + tan_length> random{};
  require_openssl(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1, "RAND_bytes");
  SecretText code;
  code.reserve(max_code_length);
  for (const unsigned char value : random) code += symbols[value % base];
  explicit_bzero(random.data(), random.size());
  code.insert(random_symbols, 1, check_symbol(std::string_view(code).substr(0, random_symbols)));
  for (std::size_t group = code_length - group_length; group > 0; group -= group_length) code.insert(group, 1, '-');
  return code;
}

SplitCode split_code(std::string_view typed) {
  if (typed.size() < min_code_length || typed.size() > max_code_length)
    throw Error(Problem::malformed, "a code has 4 to 128 characters, of which the last three are the TAN");
  const auto code = code_symbols(typed);
  return split(code && has_check_symbol(*code) ? std::string_view(*code) : typed);
}

bool is_mistyped(std::string_view typed) {
  const auto code = code_symbols(typed.substr(0, max_code_length));
  return code && !has_check_symbol(*code);
}

double code_bits(std::string_view typed) {
  const auto code = code_symbols(typed.substr(0, max_code_length));
  if (code && has_check_symbol(*code)) return static_cast<double>(random_symbols) * std::log2(base);
  if (typed.size() <= tan_length) return 0;
  const auto password = typed.substr(0, typed.size() - tan_length);
  const auto characters = std::ranges::count_if(password, [](char letter) { return !is_separator(letter); });
  return static_cast<double>(characters) * std::log2(std::max(1.0, alphabet_of(password)));
}

double seconds_to_guess(double bits, std::uint32_t iterations) {
  constexpr double rounds_per_second = 9e9;
  return std::exp2(bits - 1) * iterations / rounds_per_second;
}

std::string describe_duration(double seconds) {
  if (seconds < 1) return "less than a second";
  const auto* unit = units.begin();
  while (unit + 1 != units.end() && seconds >= 2 * (unit + 1)->seconds) ++unit;
  const double count = std::round(seconds / unit->seconds);
  if (count >= 1e6) return "longer than the world is old";
  return std::to_string(static_cast<long>(count)) + " " + std::string(unit->name);
}

}  // namespace edgeseal::jose
