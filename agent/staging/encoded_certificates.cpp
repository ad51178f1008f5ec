#include "agent/staging/encoded_certificates.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "agent/certificates/certificate.h"
#include "agent/error.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view end = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::string_view white_space = " \t\r\n\f\v";
constexpr std::size_t max_label_length = 64;

// PEM has the older names, too (RFC 7468 §5.3).
constexpr std::array<std::string_view, 2> certificate_labels = {"CERTIFICATE", "X509 CERTIFICATE"};
constexpr std::array<std::string_view, 3> key_labels = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"};

constexpr std::byte sequence_tag{0x30};
constexpr std::byte integer_tag{0x02};

bool is_white(char c) {
  return white_space.find(c) != std::string_view::npos;
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

[[noreturn]] void refuse(std::string_view where, const std::string& problem) {
  throw Error(Code::invalid_argument, fmt::format("{}: {}", where, problem));
}

ByteView view_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// The characters without the white space; throws where there are others.
SecretBytes packed(std::string_view text, std::string_view where) {
  const auto size = static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_white(c); }));
  SecretBytes base64(size);
  std::size_t filled = 0;
  bool padded = false;
  for (const char c : text) {
    if (is_white(c)) continue;
    if (c == '=' ? filled + 2 < size : padded || !is_base64(c)) refuse(where, "not base64");
    padded = padded || c == '=';
    base64.span()[filled++] = std::byte(c);
  }
  if (size == 0 || size % 4 != 0) refuse(where, "base64 that was cut off, or is empty");
  return base64;
}

// RFC 4648 §4.
SecretBytes decode_base64(std::string_view text, std::string_view where) {
  const SecretBytes base64 = packed(text, where);
  const auto padding = static_cast<std::size_t>(std::ranges::count(base64.view(), std::byte{'='}));
  SecretBytes whole(base64.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(whole.span().data()),
                      reinterpret_cast<const unsigned char*>(base64.view().data()), static_cast<int>(base64.size()));
  if (size < 0 || static_cast<std::size_t>(size) != whole.size()) refuse(where, "not base64");
  return SecretBytes(whole.view().first(whole.size() - padding));
}

// What follows tag and length of the outermost sequence; nothing where that is not what the bytes are.
std::byte first_tag_inside(ByteView der) {
  if (der.size() < 2 || der[0] != sequence_tag) return std::byte{0};
  const auto length = std::to_integer<std::size_t>(der[1]);
  const std::size_t header = length < 0x80 ? 2 : 2 + (length & 0x7f);
  return header < der.size() ? der[header] : std::byte{0};
}

void require_room(const StagedFile& file) {
  if (file.certificates.size() + file.urls.size() + file.private_keys.size() >= max_staged_entries)
    throw Error(Code::request_too_large,
                fmt::format("the file has more than {} certificates, URLs and keys; remedy: several files",
                            max_staged_entries));
}

void add_certificate(StagedFile& file, ByteView der, std::string_view where) {
  if (der.size() > max_certificate_size)
    throw Error(Code::request_too_large, fmt::format("{}: the certificate has {} bytes; at most {} are taken", where,
                                                     der.size(), max_certificate_size));
  Bytes certificate(der.begin(), der.end());
  if (std::ranges::find(file.certificates, certificate) != file.certificates.end()) return;
  require_room(file);
  file.certificates.push_back(std::move(certificate));
}

void add_key(StagedFile& file, ByteView key) {
  require_room(file);
  file.private_keys.emplace_back(key);
}

// --- PEM

struct Block {
  std::string_view label, body;
};

// The next one at or after `position`, which is moved behind it.
std::optional<Block> next_block(std::string_view text, std::size_t& position, std::string_view where) {
  const std::size_t from = text.find(pem_begin, position);
  if (from == std::string_view::npos) return std::nullopt;
  const std::size_t label_from = from + pem_begin.size();
  const std::size_t label_to = text.substr(0, label_from + max_label_length).find(dashes, label_from);
  if (label_to == std::string_view::npos) refuse(where, "a PEM block has a malformed first line");
  const std::string_view label = text.substr(label_from, label_to - label_from);
  const std::size_t body_from = label_to + dashes.size();
  const std::size_t body_to = text.find(end, body_from);
  const std::string last = fmt::format("{}{}{}", end, label, dashes);
  if (body_to == std::string_view::npos || text.substr(body_to, last.size()) != last)
    refuse(where, "a PEM block has no last line of its own");
  position = body_to + last.size();
  return Block{label, text.substr(body_from, body_to - body_from)};
}

bool is_one_of(std::string_view label, std::span<const std::string_view> labels) {
  return std::ranges::find(labels, label) != labels.end();
}

void read_key(const Block& block, std::string_view where, StagedFile& file) {
  const bool encrypted = block.label == "ENCRYPTED PRIVATE KEY" || block.body.find("ENCRYPTED") != block.body.npos;
  if (encrypted) {
    file.warnings.push_back(fmt::format("{}: an encrypted private key is left out", where));
  } else if (is_one_of(block.label, key_labels)) {
    add_key(file, decode_base64(block.body, where).view());
  } else {
    add_key(file, view_of(block.body));
  }
}

void read_block(const Block& block, std::string_view where, StagedFile& file) {
  if (block.label.ends_with("PRIVATE KEY")) return read_key(block, where, file);
  if (!is_one_of(block.label, certificate_labels)) {
    file.warnings.push_back(fmt::format("{}: a PEM block is left out: it is no certificate", where));
    return;
  }
  add_certificate(file, decode_base64(block.body, where).view(), where);
}

void read_pem(std::string_view text, std::string_view where, StagedFile& file) {
  std::size_t position = 0, blocks = 0;
  while (const auto block = next_block(text, position, where)) {
    if (++blocks > max_staged_pem_blocks)
      throw Error(Code::request_too_large,
                  fmt::format("{}: more than {} PEM blocks; remedy: several files", where, max_staged_pem_blocks));
    read_block(*block, where, file);
  }
}

}  // namespace

void read_text(std::string_view text, std::string_view where, StagedFile& file) {
  if (looks_like_pem(text)) return read_pem(text, where, file);
  read_der(decode_base64(text, where).view(), where, file);
}

void read_der(ByteView der, std::string_view where, StagedFile& file) {
  const std::byte inside = first_tag_inside(der);
  if (inside == integer_tag) return add_key(file, der);
  if (inside != sequence_tag) refuse(where, "neither a certificate nor a private key");
  add_certificate(file, der, where);
}

void add_url(StagedFile& file, std::string url) {
  if (std::ranges::find(file.urls, url) != file.urls.end()) return;
  require_room(file);
  file.urls.push_back(std::move(url));
}

}  // namespace edgeseal::agent
