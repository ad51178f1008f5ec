#include "agent/publication/published_item.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "agent/certificates/certificate.h"
#include "agent/certificates/encoded_name.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_common_name = 64;  // X.520, ub-common-name

// The most specific CommonName in UTF-8; empty: there is none, or none that can be read.
std::string common_name_of(const X509_NAME& name) {
  int last = -1;
  for (int next = last; (next = X509_NAME_get_index_by_NID(&name, NID_commonName, next)) >= 0;) last = next;
  if (last < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, last)));
  if (size < 0) return {};
  std::string common_name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return common_name;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // UTF-8
}

bool is_safe(char c) {
  constexpr std::string_view marks = " ._-@+=,()";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         marks.find(c) != std::string_view::npos;
}

bool is_unsafe_after(const std::string& text, char c) {
  if (text.empty()) return c == '.' || c == '-' || c == ' ';
  return c == '.' && text.back() == '.';
}

std::string safe(std::string_view common_name) {
  std::string text;
  for (const char c : common_name) {
    if (continues_character(c)) continue;
    if (text.size() == max_common_name) break;
    text += is_safe(c) && !is_unsafe_after(text, c) ? c : '_';
  }
  return text.empty() ? "unnamed" : text;
}

std::string thumbprint_of(ByteView der) {
  std::string text = hexadecimal(sha1(der));
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::string name_of(ByteView der, const X509_NAME* name, std::string_view gap = " ") {
  return fmt::format("{}{}[{}]", safe(name == nullptr ? std::string() : common_name_of(*name)), gap,
                     thumbprint_of(der));
}

PublishedItem item_of(ByteView der, const X509_NAME* name, const char* label) {
  PublishedItem item{name_of(der, name), der};
  int hashed = 0;
  if (name != nullptr) item.hash = X509_NAME_hash_ex(name, nullptr, nullptr, &hashed);
  if (hashed == 1) item.pem = pem(label, der);
  ERR_clear_error();
  return item;
}

template <class NameOf>
std::vector<PublishedItem> items_of(const std::vector<Bytes>& list, const NameOf& read_name, const char* label) {
  std::vector<PublishedItem> items;
  std::unordered_set<std::string_view> seen;
  std::unordered_set<std::string> names;
  for (const Bytes& der : list) {
    if (!seen.insert(jose::text_of(der)).second) continue;
    PublishedItem item = item_of(der, read_name(der).get(), label);
    // Two of one name are two of one SHA-1 digest, which somebody can make on purpose: both are shown.
    for (int number = 2; !names.insert(item.name).second; ++number)
      item.name = fmt::format("{} {}", name_of(der, read_name(der).get()), number);
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

std::vector<PublishedItem> published_certificates(const std::vector<Bytes>& list) {
  return items_of(list, subject_of_certificate, "CERTIFICATE");
}

std::vector<PublishedItem> published_crls(const std::vector<Bytes>& list) {
  return items_of(list, issuer_of_crl, "X509 CRL");
}

std::string published_name(ByteView certificate, std::string_view gap) {
  return name_of(certificate, subject_of_certificate(certificate).get(), gap);
}

}  // namespace edgeseal::agent
