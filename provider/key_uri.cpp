#include "provider/key_uri.h"

#include <algorithm>
#include <charconv>

#include "provider/errors.h"
#include "provider/wire/cursor.h"

namespace edgeseal::provider {
namespace {

constexpr std::string_view scheme = "edgeseal:";

struct TypeName {
  std::string_view name;
  ObjectType type;
};

constexpr std::array<TypeName, 5> type_names{{{"private", ObjectType::private_key},
                                              {"public", ObjectType::public_key},
                                              {"cert", ObjectType::certificate},
                                              {"ca", ObjectType::issuers},
                                              {"trust", ObjectType::trust_anchors}}};

// For messages: as much of it as is worth reading.
constexpr int shown(std::string_view text) noexcept {
  return static_cast<int>(std::min<std::size_t>(text.size(), 64));
}

bool refuse(const char* problem, std::string_view text) noexcept {
  raise_error(Reason::uri_invalid, "\"%.*s\" %s", shown(text), text.data(), problem);
  return false;
}

// Up to the separator, which goes too, or all of it.
std::string_view take_until(char separator, std::string_view& text) noexcept {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// The character that stands at the start of the text, with the number of those that it takes there; zero where none
// does.
std::size_t decode_character(std::string_view text, char& character) noexcept {
  character = text.front();
  if (character != '%') return 1;
  constexpr std::size_t size = 3;
  unsigned char value = 0;
  if (text.size() < size) return 0;
  const auto [rest, error] = std::from_chars(text.data() + 1, text.data() + size, value, 16);
  character = static_cast<char>(value);
  return error == std::errc{} && rest == text.data() + size ? size : 0;
}

}  // namespace

bool KeyUri::Text::append(std::string_view text) noexcept {
  if (text.size() > characters_.size() - size_) return false;
  std::copy(text.begin(), text.end(), characters_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += text.size();
  return true;
}

bool KeyUri::parse(std::string_view uri) noexcept {
  uri.remove_prefix(std::min(scheme.size(), uri.size()));
  std::size_t end = uri.find(';');
  if (!take_name(uri.substr(0, end))) return false;
  while (end != std::string_view::npos) {
    uri.remove_prefix(end + 1);
    end = uri.find(';');
    if (!take_option(uri.substr(0, end))) return false;
  }
  return join_name();
}

bool KeyUri::decode(std::string_view encoded, Text& text) noexcept {
  while (!encoded.empty()) {
    char character = 0;
    const std::size_t size = decode_character(encoded, character);
    if (size == 0) return refuse("is no percent-encoding: two hexadecimal digits follow the sign", encoded);
    if (!text.append({&character, 1}))
      return refuse("is left where a key name is full: it has 255 characters", encoded);
    encoded.remove_prefix(size);
  }
  return true;
}

bool KeyUri::take_name(std::string_view encoded) noexcept {
  Text name;
  if (!decode(encoded, name)) return false;
  std::string_view rest = name.view();
  return application_.append(take_until('/', rest)) && group_.append(take_until('/', rest)) &&
         certificate_type_.append(rest);
}

bool KeyUri::take_option(std::string_view option) noexcept {
  std::string_view encoded = option;
  const std::string_view name = take_until('=', encoded);
  Text value;
  if (!decode(encoded, value)) return false;
  if (name == "type") return take_type(value.view());
  if (name == "group") return take_part(group_, option, value);
  if (name == "certificate-type") return take_part(certificate_type_, option, value);
  return refuse("is no option of a key URI: those are type, group and certificate-type", name);
}

bool KeyUri::take_type(std::string_view name) noexcept {
  if (type_ != ObjectType::all) return refuse("is a second type", name);
  for (const TypeName& known : type_names) {
    if (known.name == name) type_ = known.type;
  }
  return type_ != ObjectType::all ||
         refuse("is no type of objects: those are private, public, cert, ca and trust", name);
}

bool KeyUri::take_part(Text& part, std::string_view option, const Text& value) noexcept {
  if (value.view().empty()) return refuse("is an option without a value", option);
  if (value.view().find('/') != std::string_view::npos) return refuse("says more than one part of a name", option);
  if (!part.view().empty()) return refuse("says what the URI has said before", option);
  part = value;
  return true;
}

// Without empty parts at its end.
bool KeyUri::join_name() noexcept {
  const bool has_type = !certificate_type_.view().empty();
  const bool has_group = has_type || !group_.view().empty();
  const bool fits = name_.append(application_.view()) &&
                    (!has_group || (name_.append("/") && name_.append(group_.view()))) &&
                    (!has_type || (name_.append("/") && name_.append(certificate_type_.view())));
  if (!fits || application_.view().empty() || !wire::is_key_name(name_.view())) {
    raise_error(Reason::uri_invalid, "a key name begins with an application and has 1 to 255 visible ASCII characters");
    return false;
  }
  return true;
}

}  // namespace edgeseal::provider
