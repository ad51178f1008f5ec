#include "enroll/openssl.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#include <algorithm>
#include <stdexcept>

#include "enroll/certificate_limits.h"
#include "enroll/printable.h"

namespace edgeseal::enroll {
namespace {

using UsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, OpensslFree<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>>;

}  // namespace

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

void require_openssl(bool done, const char* operation) {
  if (!done) throw std::runtime_error(fmt::format("{}: {}", operation, openssl_reason()));
}

Certificate parse_certificate(ByteView der) {
  if (der.empty() || der.size() > max_certificate_size) return {};
  const unsigned char* at = octets(der);
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return certificate && at == octets(der) + der.size() ? certificate : Certificate();
}

Bytes der_of(const Certificate& certificate) {
  const int size = i2d_X509(certificate.get(), nullptr);
  require_openssl(size > 0, "i2d_X509");
  Bytes der(static_cast<std::size_t>(size));
  unsigned char* at = out_octets(der);
  i2d_X509(certificate.get(), &at);
  return der;
}

Bytes sha256(ByteView bytes) {
  Bytes digest(SHA256_DIGEST_LENGTH);
  require_openssl(EVP_Digest(bytes.data(), bytes.size(), out_octets(digest), nullptr, EVP_sha256(), nullptr) == 1,
                  "EVP_Digest");
  return digest;
}

std::string hexadecimal(ByteView bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

BorrowedStack borrow(const std::vector<Certificate>& certificates) {
  BorrowedStack stack(sk_X509_new_null());
  require_openssl(stack != nullptr, "sk_X509_new_null");
  for (const Certificate& certificate : certificates)
    require_openssl(sk_X509_push(stack.get(), certificate.get()) > 0, "sk_X509_push");
  return stack;
}

std::vector<Certificate> shared(const STACK_OF(X509) * stack) {
  std::vector<Certificate> certificates;
  for (int at = 0; at < sk_X509_num(stack); ++at) certificates.push_back(Certificate::share(sk_X509_value(stack, at)));
  return certificates;
}

std::vector<Certificate> joined(std::vector<Certificate> first, const std::vector<Certificate>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

bool same_certificate(const Certificate& left, const Certificate& right) {
  return X509_cmp(left.get(), right.get()) == 0;
}

bool contains(const std::vector<Certificate>& certificates, const Certificate& wanted) {
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const Certificate& other) { return same_certificate(other, wanted); });
}

bool is_self_issued(const Certificate& certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())) == 0;
}

bool has_extended_key_usage(const Certificate& certificate, int usage) {
  ERR_set_mark();  // libcrypto asks this in the middle of a verification, whose errors are to stay
  const UsagesPtr usages(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(certificate.get(), NID_ext_key_usage, nullptr, nullptr)));
  ERR_pop_to_mark();
  for (int at = 0; at < sk_ASN1_OBJECT_num(usages.get()); ++at)
    if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usages.get(), at)) == usage) return true;
  return false;
}

std::string subject_of(const Certificate& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require_openssl(
      bio && X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253) >= 0,
      "X509_NAME_print_ex");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return printable({text, static_cast<std::size_t>(size)});
}

}  // namespace edgeseal::enroll
