#include "dbus/printable_text.h"

#include <algorithm>
#include <array>

namespace edgeseal::dbus {
namespace {

struct Range {
  char32_t first, last;
};

// Of the categories Cc, Cf, Zl and Zp of Unicode, and what is no character.
constexpr std::array kNotPrintable = {
    Range{0x00, 0x1f},       Range{0x7f, 0x9f},       Range{0xad, 0xad},          Range{0x600, 0x605},
    Range{0x61c, 0x61c},     Range{0x6dd, 0x6dd},     Range{0x70f, 0x70f},        Range{0x180e, 0x180e},
    Range{0x200b, 0x200f},   Range{0x2028, 0x202e},   Range{0x2060, 0x206f},      Range{0xd800, 0xdfff},
    Range{0xfdd0, 0xfdef},   Range{0xfeff, 0xfeff},   Range{0xfff0, 0xfffb},      Range{0xfffe, 0xffff},
    Range{0x1d173, 0x1d17a}, Range{0xe0000, 0xe0fff}, Range{0x10fffe, 0xffffffff}};

constexpr char32_t kMalformed = 0xffffffff;

// Of a lead byte: how many bytes follow, its own bits, and the first character that needs so many.
struct Lead {
  size_t following;
  char32_t bits, least;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {0, byte, 0};
  if ((byte & 0xe0) == 0xc0) return {1, byte & 0x1fU, 0x80};
  if ((byte & 0xf0) == 0xe0) return {2, byte & 0x0fU, 0x800};
  if ((byte & 0xf8) == 0xf0) return {3, byte & 0x07U, 0x10000};
  return {0, kMalformed, 0};
}

// Takes the first character off the text, which isn't empty.
char32_t take_character(std::string_view& text) {
  auto [following, character, least] = lead_of(static_cast<unsigned char>(text.front()));
  text.remove_prefix(1);
  if (following > text.size()) return kMalformed;
  for (; following > 0; --following) {
    const auto byte = static_cast<unsigned char>(text.front());
    if ((byte & 0xc0) != 0x80) return kMalformed;
    character = character << 6 | (byte & 0x3fU);
    text.remove_prefix(1);
  }
  return character < least ? kMalformed : character;
}

bool is_printable(char32_t character) {
  return std::ranges::none_of(kNotPrintable,
                              [&](const Range& range) { return range.first <= character && character <= range.last; });
}

}  // namespace

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    if (!is_printable(take_character(text))) return false;
  }
  return true;
}

std::string made_printable(std::string_view text, std::size_t most) {
  std::string shown;
  while (!text.empty()) {
    const std::string_view before = text;
    const bool printable = is_printable(take_character(text));
    const std::string_view character = printable ? before.substr(0, before.size() - text.size()) : "?";
    if (character.size() > most - shown.size()) break;
    shown += character;
  }
  return shown;
}

}  // namespace edgeseal::dbus
