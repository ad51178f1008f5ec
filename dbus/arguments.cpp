#include "dbus/arguments.h"

#include <algorithm>

#include "dbus/memory_file.h"
#include "dbus/printable_text.h"
#include "dbus/sensitive.h"

namespace edgeseal::dbus {
namespace {

[[noreturn]] void refuse(const std::string& problem) {
  throw CallError("InvalidArgument", problem);
}

std::string quoted(const std::string& key) {
  return "option \"" + key + "\"";
}

}  // namespace

template <class T>
T Options::take(const std::string& key, const std::string& types) {
  auto option = given_.extract(key);
  if (option.empty()) return T{};
  if (!option.mapped().template containsValueOfType<T>()) {
    refuse(quoted(key) + " has the D-Bus type " + std::string(option.mapped().peekValueType()) +
           ", which it can't have; it takes " + types);
  }
  return option.mapped().template get<T>();
}

std::string Options::text(const std::string& key, size_t most_bytes) {
  auto value = take<std::string>(key);
  check_size(quoted(key), value.size(), {0, most_bytes});
  return value;
}

bool Options::flag(const std::string& key) {
  return take<bool>(key);
}

std::uint16_t Options::number(const std::string& key) {
  if (!given(key)) return 0;
  const auto value = take<std::uint16_t>(key);
  if (value == 0) refuse(quoted(key) + " is 0; leave it out for the default");
  return value;
}

template <class T>
std::optional<T> Options::take_within(const std::string& key, T least, T most) {
  if (!given(key)) return std::nullopt;
  const T value = take<T>(key);
  if (value >= least && value <= most) return value;  // not so for what is no number
  refuse(quoted(key) + " is out of its range, " + std::to_string(least) + " to " + std::to_string(most));
}

std::optional<std::uint32_t> Options::integer(const std::string& key, std::uint32_t least, std::uint32_t most) {
  return take_within(key, least, most);
}

std::uint64_t Options::count(const std::string& key) {
  return take<std::uint64_t>(key);
}

std::optional<double> Options::real(const std::string& key, double least, double most) {
  return take_within(key, least, most);
}

std::string Options::choice(const std::string& key, std::initializer_list<std::string_view> choices) {
  if (!given(key)) return {};
  const auto value = take<std::string>(key);
  if (std::ranges::find(choices, std::string_view(value)) != choices.end()) return value;
  std::string known;
  for (const auto choice : choices) known += (known.empty() ? "" : ", ") + std::string(choice);
  refuse(quoted(key) + " must be one of: " + known);
}

std::optional<Secret> Options::secret(const std::string& key, Bounds size) {
  return take_secret(key, size, "h or ay");
}

std::optional<Secret> Options::take_secret(const std::string& key, Bounds size, const std::string& types) {
  if (!given(key)) return std::nullopt;
  if (given_.at(key).containsValueOfType<sdbus::UnixFd>()) {
    return read_memory_file(quoted(key), take<sdbus::UnixFd>(key).get(), size);
  }
  auto value = take<Sensitive<ByteArray>>(key, types).value;
  check_size(quoted(key), value.size(), size);
  return value;
}

std::optional<Secret> Options::passphrase(const std::string& key, Bounds size) {
  if (!given(key) || !given_.at(key).containsValueOfType<std::string>()) return take_secret(key, size, "s, h or ay");
  auto value = take<Sensitive<std::string>>(key).value;
  check_size(quoted(key), value.size(), size);
  return value;
}

Bytes Options::bytes(const std::string& key, Bounds size) {
  if (!given_.contains(key)) return {};
  const auto value = take<ByteArray>(key);
  check_size(quoted(key), value.size(), size);
  return to_bytes(value);
}

std::vector<std::string> Options::texts(const std::string& key, size_t most, size_t most_bytes_each) {
  auto values = take<std::vector<std::string>>(key);
  check_size(quoted(key), values.size(), {0, most});
  for (const auto& value : values) check_size("an entry of " + quoted(key), value.size(), {1, most_bytes_each});
  return values;
}

void Options::finish() const {
  if (given_.empty()) return;
  refuse(quoted(made_printable(given_.begin()->first, 64)) + " isn't known to this method");
}

}  // namespace edgeseal::dbus
