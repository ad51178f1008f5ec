#include "tpm/tss_version.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace edgeseal::tpm {
namespace {

constexpr std::uint32_t kPackageMetadata = 0xcafe1a7e;
constexpr std::string_view kOwner("FDO\0", 4);
constexpr std::size_t kMaxVersion = 64;

std::string_view text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Takes so many bytes, and what fills them up to a multiple of four, off the front. Nothing if there are not so many.
std::optional<ByteView> take(ByteView& rest, std::size_t size) noexcept {
  constexpr std::size_t alignment = 4;
  if (size > rest.size()) return std::nullopt;
  const ByteView taken = rest.first(size);
  rest = rest.subspan(std::min(rest.size(), (size + alignment - 1) / alignment * alignment));
  return taken;
}

struct Note {
  std::uint32_t type = 0;
  ByteView owner, content;
};

std::optional<Note> take_note(ByteView& rest) noexcept {
  const auto raw = take(rest, sizeof(Elf64_Nhdr));  // the same in files of 32 bits
  if (!raw) return std::nullopt;
  Elf64_Nhdr header{};
  memcpy(&header, raw->data(), sizeof header);
  const auto owner = take(rest, header.n_namesz);
  const auto content = owner ? take(rest, header.n_descsz) : std::nullopt;
  if (!content) return std::nullopt;
  return Note{header.n_type, *owner, *content};
}

bool is_version_character(char character) noexcept {
  constexpr std::string_view others = ".+~:-_^";
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z') || others.find(character) != others.npos;
}

// A flat JSON object of strings without escapes.
std::optional<std::string> version_in(std::string_view json) {
  constexpr std::string_view key = "\"version\":\"";
  const std::size_t begin = json.find(key);
  if (begin == json.npos) return std::nullopt;
  json.remove_prefix(begin + key.size());
  const std::string_view version = json.substr(0, json.find('"'));
  if (version.size() == json.size() || version.empty() || version.size() > kMaxVersion) return std::nullopt;
  if (!std::ranges::all_of(version, is_version_character)) return std::nullopt;
  return std::string(version);
}

int look_at(dl_phdr_info* library, std::size_t, void* found) {
  if (std::string_view(library->dlpi_name).find("/libtss2-esys.so") == std::string_view::npos) return 0;
  for (const auto& segment : std::span(library->dlpi_phdr, library->dlpi_phnum)) {
    if (segment.p_type != PT_NOTE) continue;
    const auto* begin = reinterpret_cast<const std::byte*>(library->dlpi_addr + segment.p_vaddr);
    const auto version = package_version_in({begin, segment.p_memsz});
    if (version) *static_cast<std::string*>(found) = *version;
  }
  return 1;
}

}  // namespace

std::optional<std::string> package_version_in(ByteView notes) {
  while (const auto note = take_note(notes)) {
    if (note->type == kPackageMetadata && text(note->owner) == kOwner) return version_in(text(note->content));
  }
  return std::nullopt;
}

std::string tss_version() {
  std::string version;
  ::dl_iterate_phdr(look_at, &version);
  return version;
}

}  // namespace edgeseal::tpm
