#include "enroll/base64.h"

#include <algorithm>

namespace edgeseal::enroll {
namespace {

constexpr std::string_view white_space = " \t\r\n";

bool is_white(std::byte byte) {
  return white_space.find(static_cast<char>(byte)) != std::string_view::npos;
}

}  // namespace

std::optional<Bytes> decode_base64(ByteView text) {
  Bytes dense;
  std::remove_copy_if(text.begin(), text.end(), std::back_inserter(dense), is_white);
  if (dense.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < std::min<std::size_t>(2, dense.size()) && dense[dense.size() - 1 - padding] == std::byte{'='})
    ++padding;
  const auto end = dense.end() - static_cast<std::ptrdiff_t>(padding);
  if (std::find(dense.begin(), end, std::byte{'='}) != end) return std::nullopt;
  Bytes decoded(dense.size() / 4 * 3);
  const int size = EVP_DecodeBlock(out_octets(decoded), octets(dense), static_cast<int>(dense.size()));
  if (size < 0 || static_cast<std::size_t>(size) != decoded.size()) return std::nullopt;
  decoded.resize(decoded.size() - padding);
  return decoded;
}

}  // namespace edgeseal::enroll
