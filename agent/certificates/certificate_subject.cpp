#include "agent/certificates/certificate_subject.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/host_name.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

namespace {

using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, OpensslFree<GENERAL_NAME, GENERAL_NAME_free>>;

constexpr std::size_t max_subject_size = 1024;

// "CN=a\,b,O=c" -> {"CN=a,b", "O=c"}; the separator is '/' where the first one that is not escaped is a '/'.
std::vector<std::string> split_attributes(std::string_view text) {
  if (text.starts_with('/')) text.remove_prefix(1);
  char separator = ',';
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',' || text[i] == '/') {
      separator = text[i];
      break;
    }
  }
  std::vector<std::string> attributes(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size())
      attributes.back() += text[++i];
    else if (text[i] == separator)
      attributes.emplace_back();
    else
      attributes.back() += text[i];
  }
  return attributes;
}

NamePtr parse_name(const std::string& text) {
  if (text.size() > max_subject_size)
    throw Error(Code::invalid_argument, fmt::format("the subject is longer than {} characters", max_subject_size));
  NamePtr name(X509_NAME_new());
  for (const std::string& attribute : split_attributes(text)) {
    const auto begin = attribute.find_first_not_of(' ');
    const auto equals = attribute.find('=');
    if (begin == std::string::npos || equals == std::string::npos || equals + 1 == attribute.size())
      throw Error(Code::invalid_argument,
                  fmt::format("subject \"{}\": expected ATTRIBUTE=VALUE, e.g. CN=gateway-1,O=Example", text));
    const std::string type = attribute.substr(begin, equals - begin);
    const auto* value = reinterpret_cast<const unsigned char*>(attribute.data() + equals + 1);
    if (X509_NAME_add_entry_by_txt(name.get(), type.c_str(), MBSTRING_UTF8, value,
                                   static_cast<int>(attribute.size() - equals - 1), -1, 0) != 1)
      throw Error(Code::invalid_argument, fmt::format("subject attribute \"{}\": {}", attribute, openssl_reason()));
  }
  return name;
}

void push_name(GENERAL_NAMES& names, int type, const std::string& value) {
  GeneralNamePtr name(a2i_GENERAL_NAME(nullptr, nullptr, nullptr, type, value.c_str(), 0));
  if (!name) throw Error(Code::invalid_argument, fmt::format("alternative name \"{}\": {}", value, openssl_reason()));
  require_openssl(sk_GENERAL_NAME_push(&names, name.get()) > 0, "sk_GENERAL_NAME_push");
  (void)name.release();
}

bool is_ia5(const std::string& text) {
  for (const char c : text)
    if (c <= ' ' || c > '~') return false;
  return !text.empty() && text.size() <= 255;
}

void push_text_names(GENERAL_NAMES& names, int type, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (!is_ia5(value))
      throw Error(Code::invalid_argument,
                  fmt::format("alternative name \"{:.255}\": 1 to 255 printable ASCII characters", value));
    push_name(names, type, value);
  }
}

void push_extension(STACK_OF(X509_EXTENSION) & extensions, ExtensionPtr extension) {
  require_openssl(extension && sk_X509_EXTENSION_push(&extensions, extension.get()) > 0, "certificate extension");
  (void)extension.release();
}

void push_extension(STACK_OF(X509_EXTENSION) & extensions, int nid, const char* value) {
  push_extension(extensions, ExtensionPtr(X509V3_EXT_nconf_nid(nullptr, nullptr, nid, value)));
}

constexpr const char* hardware_module_name = "1.3.6.1.5.5.7.8.4";  // id-on-hardwareModuleName, RFC 4108 §5

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, OpensslFree<ASN1_OBJECT, ASN1_OBJECT_free>>;
using TypePtr = std::unique_ptr<ASN1_TYPE, OpensslFree<ASN1_TYPE, ASN1_TYPE_free>>;

ObjectPtr parse_object(const std::string& text) {
  ObjectPtr object(OBJ_txt2obj(text.c_str(), 1));
  if (!object)
    throw Error(Code::invalid_argument,
                fmt::format("hardware type \"{:.80}\" is no object identifier, e.g. 1.3.6.1.4.1.32473.7", text));
  return object;
}

// HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET STRING }
TypePtr encode(const HardwareModule& module) {
  if (!is_ia5(module.serial_number))
    throw Error(Code::invalid_argument,
                fmt::format("serial number \"{:.80}\": 1 to 255 printable ASCII characters", module.serial_number));
  const ObjectPtr type = parse_object(module.type);
  tpm::Bytes content = der_of(type.get(), i2d_ASN1_OBJECT);
  const std::unique_ptr<ASN1_OCTET_STRING, OpensslFree<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>> serial(
      ASN1_OCTET_STRING_new());
  require_openssl(serial && ASN1_STRING_set(serial.get(), module.serial_number.data(),
                                            static_cast<int>(module.serial_number.size())) == 1,
                  "ASN1_STRING_set");
  const tpm::Bytes number = der_of(serial.get(), i2d_ASN1_OCTET_STRING);
  content.insert(content.end(), number.begin(), number.end());
  const int size = ASN1_object_size(1, static_cast<int>(content.size()), V_ASN1_SEQUENCE);
  std::vector<unsigned char> sequence(static_cast<std::size_t>(size));
  unsigned char* cursor = sequence.data();
  ASN1_put_object(&cursor, 1, static_cast<int>(content.size()), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  std::copy_n(octets(content), content.size(), cursor);
  const unsigned char* begin = sequence.data();
  TypePtr encoded(d2i_ASN1_TYPE(nullptr, &begin, size));
  require_openssl(encoded != nullptr, "HardwareModuleName");
  return encoded;
}

void push_hardware_module(GENERAL_NAMES& names, const HardwareModule& module) {
  ObjectPtr kind = parse_object(hardware_module_name);
  TypePtr value = encode(module);
  GeneralNamePtr name(GENERAL_NAME_new());
  require_openssl(name && GENERAL_NAME_set0_othername(name.get(), kind.get(), value.get()) == 1, "otherName");
  (void)kind.release();
  (void)value.release();
  require_openssl(sk_GENERAL_NAME_push(&names, name.get()) > 0, "sk_GENERAL_NAME_push");
  (void)name.release();
}

void push_alternative_names(STACK_OF(X509_EXTENSION) & extensions, const CertificateSubject& subject) {
  const GeneralNamesPtr names(GENERAL_NAMES_new());
  if (!subject.application_uri.empty()) push_text_names(*names, GEN_URI, {subject.application_uri});
  push_text_names(*names, GEN_DNS, subject.dns_names);
  for (const std::string& address : subject.ip_addresses) push_name(*names, GEN_IPADD, address);
  if (subject.hardware_module) push_hardware_module(*names, *subject.hardware_module);
  if (sk_GENERAL_NAME_num(names.get()) > 0)
    push_extension(extensions, ExtensionPtr(X509V3_EXT_i2d(NID_subject_alt_name, 0, names.get())));
}

}  // namespace

void FreeExtensions::operator()(STACK_OF(X509_EXTENSION) * stack) const noexcept {
  sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}

CertificateSubject subject_for(const ApplicationRecord& application, CertificateSubject wanted) {
  const bool has_hosts = !wanted.dns_names.empty() || !wanted.ip_addresses.empty();
  if (wanted.certificate.empty() && wanted.distinguished_name.empty())
    wanted.distinguished_name = "CN=" + application.name;
  if (!has_hosts && !wanted.certificate.empty()) {
    HostNames hosts = host_names_of(wanted.certificate);
    wanted.dns_names = std::move(hosts.dns_names);
    wanted.ip_addresses = std::move(hosts.ip_addresses);
  }
  if (wanted.dns_names.empty() && wanted.ip_addresses.empty()) wanted.dns_names = {host_name()};
  wanted.application_uri = application.application_uri;
  return wanted;
}

NamePtr name_of(const CertificateSubject& subject) {
  if (!subject.distinguished_name.empty() || subject.certificate.empty()) return parse_name(subject.distinguished_name);
  const CertificatePtr certificate = parse_certificate(subject.certificate);
  return NamePtr(X509_NAME_dup(X509_get_subject_name(certificate.get())));
}

std::string escaped_value(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '/') text += '\\';
    text += c;
  }
  return text;
}

ExtensionsPtr extensions_of(const CertificateSubject& subject) {
  ExtensionsPtr extensions(sk_X509_EXTENSION_new_null());
  require_openssl(extensions != nullptr, "X509_EXTENSION");
  push_extension(*extensions, NID_basic_constraints, "critical,CA:FALSE");
  push_extension(*extensions, NID_ext_key_usage, "serverAuth,clientAuth");
  push_alternative_names(*extensions, subject);
  return extensions;
}

// OPC 10000-6 §6.2.2.
void push_key_usage(STACK_OF(X509_EXTENSION) & extensions, const EVP_PKEY& key, Issuer issuer) {
  std::string usage = "critical,digitalSignature";
  if (EVP_PKEY_is_a(&key, "RSA") == 1) usage += ",nonRepudiation,keyEncipherment,dataEncipherment";
  if (issuer == Issuer::itself) usage += ",keyCertSign";
  push_extension(extensions, NID_key_usage, usage.c_str());
}

}  // namespace edgeseal::agent
