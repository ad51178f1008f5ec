#include "agent/certificate.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require_openssl(bio && X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0,
                  "X509_NAME_print_ex");
  return bio_text(*bio);
}

std::string time_text(const ASN1_TIME* time) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return "invalid";
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &broken_down);
  return text.data();
}

std::array<std::byte, 20> sha1(ByteView bytes) {
  std::array<std::byte, 20> digest{};
  require_openssl(EVP_Digest(bytes.data(), bytes.size(), out_octets(digest), nullptr, EVP_sha1(), nullptr) == 1,
                  "SHA-1");
  return digest;
}

GeneralNamesPtr alternative_names_of(ByteView der) {
  const CertificatePtr certificate = parse_certificate(der);
  return GeneralNamesPtr(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
}

}  // namespace

std::string subject_of(const X509& certificate) {
  return name_text(X509_get_subject_name(&certificate));
}

CertificatePtr parse_certificate(ByteView der) {
  if (der.empty()) throw Error(Code::certificate_invalid, "the certificate is empty");
  if (der.size() > max_certificate_size)
    throw Error(Code::certificate_invalid,
                fmt::format("the certificate has {} bytes, at most {} are taken", der.size(), max_certificate_size));
  const unsigned char* cursor = octets(der);
  CertificatePtr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (!certificate)
    throw Error(Code::certificate_invalid, fmt::format("not an X.509 certificate in DER: {}", openssl_reason()));
  if (cursor != octets(der) + der.size())
    throw Error(Code::certificate_invalid,
                fmt::format("{} bytes follow the certificate", octets(der) + der.size() - cursor));
  if (X509_get0_pubkey(certificate.get()) == nullptr)
    throw Error(Code::certificate_invalid,
                fmt::format("the public key of the certificate is not usable: {}", openssl_reason()));
  return certificate;
}

void require_chain(const X509& leaf, const std::vector<Bytes>& issuers) {
  const X509* subject = &leaf;
  std::vector<CertificatePtr> parsed;
  for (const Bytes& der : issuers) {
    parsed.push_back(parse_certificate(der));
    X509* issuer = parsed.back().get();
    if (X509_verify(const_cast<X509*>(subject), X509_get0_pubkey(issuer)) != 1) {
      ERR_clear_error();
      throw Error(Code::certificate_invalid,
                  fmt::format("\"{}\" is not signed by the next certificate of the chain, \"{}\"", subject_of(*subject),
                              subject_of(*issuer)));
    }
    subject = issuer;
  }
}

CertificateSummary summarize(ByteView der) {
  const CertificatePtr certificate = parse_certificate(der);
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate.get());
  return {subject_of(*certificate),
          name_text(X509_get_issuer_name(certificate.get())),
          hexadecimal({reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(serial)),
                       static_cast<std::size_t>(ASN1_STRING_length(serial))}),
          time_text(X509_get0_notBefore(certificate.get())),
          time_text(X509_get0_notAfter(certificate.get())),
          hexadecimal(sha256(der)),
          hexadecimal(sha1(der))};
}

HostNames host_names_of(ByteView der) {
  const GeneralNamesPtr names = alternative_names_of(der);
  HostNames found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    const auto size = type == GEN_DNS || type == GEN_IPADD ? static_cast<std::size_t>(ASN1_STRING_length(value)) : 0;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (type == GEN_DNS)
      found.dns_names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), size);
    if (type == GEN_IPADD && (size == 4 || size == 16) &&
        ::inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), text.data(), text.size()) != nullptr)
      found.ip_addresses.emplace_back(text.data());
  }
  return found;
}

std::vector<std::string> uris_of(ByteView der) {
  const GeneralNamesPtr names = alternative_names_of(der);
  std::vector<std::string> uris;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type == GEN_URI)
      uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                        static_cast<std::size_t>(ASN1_STRING_length(value)));
  }
  return uris;
}

std::string pem(const char* label, ByteView der) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require_openssl(bio && PEM_write_bio(bio.get(), label, "", octets(der), static_cast<long>(der.size())) > 0,
                  "PEM_write_bio");
  return bio_text(*bio);
}

}  // namespace edgeseal::agent
