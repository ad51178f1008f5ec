#include "agent/certificates/certificate.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <string_view>

#include "agent/error.h"
#include "agent/trust/strength.h"

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

// Step(type, value), for the names of the subjectAltName that are text or an address.
template <class Step>
void for_each_alternative_name(const X509& certificate, const Step& step) {
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* name = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_URI && type != GEN_DNS && type != GEN_IPADD) continue;
    const auto* value = static_cast<const ASN1_STRING*>(name);
    step(type, std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                static_cast<std::size_t>(ASN1_STRING_length(value))));
  }
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
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key == nullptr)
    throw Error(Code::certificate_invalid,
                fmt::format("the public key of the certificate is not usable: {}", openssl_reason()));
  if (const std::string excess = excess_of(*key); !excess.empty())
    throw Error(Code::certificate_invalid, fmt::format("{}: {}", subject_of(*certificate), excess));
  return certificate;
}

bool is_certificate(ByteView der) {
  try {
    return parse_certificate(der) != nullptr;
  } catch (const Error&) {
    return false;
  }
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

bool is_authority(X509& certificate) {
  return (X509_get_extension_flags(&certificate) & EXFLAG_CA) != 0;
}

bool has_expired(const X509& certificate, std::chrono::system_clock::time_point now) {
  std::time_t time = std::chrono::system_clock::to_time_t(now);
  return X509_cmp_time(X509_get0_notAfter(&certificate), &time) <= 0;
}

bool is_timely(const X509& certificate, std::chrono::system_clock::time_point now) {
  std::time_t time = std::chrono::system_clock::to_time_t(now);
  return X509_cmp_time(X509_get0_notBefore(&certificate), &time) < 0 && !has_expired(certificate, now);
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
          hexadecimal(sha256(der))};
}

HostNames host_names_of(ByteView der) {
  HostNames found;
  for_each_alternative_name(*parse_certificate(der), [&](int type, std::string_view value) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (type == GEN_DNS) found.dns_names.emplace_back(value);
    if (type == GEN_IPADD && (value.size() == 4 || value.size() == 16) &&
        ::inet_ntop(value.size() == 4 ? AF_INET : AF_INET6, value.data(), text.data(), text.size()) != nullptr)
      found.ip_addresses.emplace_back(text.data());
  });
  return found;
}

std::vector<std::string> uris_of(const X509& certificate) {
  std::vector<std::string> uris;
  for_each_alternative_name(certificate, [&](int type, std::string_view value) {
    if (type == GEN_URI) uris.emplace_back(value);
  });
  return uris;
}

std::vector<std::string> uris_of(ByteView der) {
  return uris_of(*parse_certificate(der));
}

std::string pem(const char* label, ByteView der) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require_openssl(bio && PEM_write_bio(bio.get(), label, "", octets(der), static_cast<long>(der.size())) > 0,
                  "PEM_write_bio");
  return bio_text(*bio);
}

}  // namespace edgeseal::agent
