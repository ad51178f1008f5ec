#include "enroll/est/csr_attributes.h"

#include <openssl/err.h>

#include <bit>

#include "enroll/der_reader.h"

namespace edgeseal::enroll::est {
namespace {

constexpr std::size_t max_elements = 64;
constexpr std::size_t max_value_size = 4096;
constexpr int max_modulus_bits = 16384;

constexpr const char* challenge_password = "1.2.840.113549.1.9.7";
constexpr const char* extension_request = "1.2.840.113549.1.9.14";
constexpr const char* request_template = "1.2.840.113549.1.9.16.2.61";  // RFC 9908 §3.4
constexpr const char* extension_request_template = "1.2.840.113549.1.9.16.2.62";
constexpr const char* rsa_encryption = "1.2.840.113549.1.1.1";
constexpr const char* ec_public_key = "1.2.840.10045.2.1";

template <class Value>
void add(std::vector<Value>& values, Value value) {
  if (values.size() >= max_elements) throw MalformedDer();
  values.push_back(std::move(value));
}

ByteView bounded(ByteView value) {
  if (value.size() > max_value_size) throw MalformedDer();
  return value;
}

// Any string type, as UTF-8.
std::string text_of_value(const DerReader::Element& element) {
  const unsigned char* at = octets(element.whole);
  const std::unique_ptr<ASN1_TYPE, OpensslFree<ASN1_TYPE, ASN1_TYPE_free>> value(
      d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(element.whole.size())));
  unsigned char* utf8 = nullptr;
  const bool is_text =
      value && (ASN1_tag2bit(ASN1_TYPE_get(value.get())) & (B_ASN1_DIRECTORYSTRING | B_ASN1_IA5STRING)) != 0;
  const int size = is_text ? ASN1_STRING_to_UTF8(&utf8, value->value.asn1_string) : -1;
  ERR_clear_error();
  if (size < 0) throw MalformedDer();
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

void read_key_parameters(DerReader& values, RequestedAttributes& result) {
  if (values.at_end()) return;
  if (result.key_type == ec_public_key && values.peek().is(V_ASN1_OBJECT)) result.curve = values.object_identifier();
  if (result.key_type != rsa_encryption || !values.peek().is(V_ASN1_INTEGER)) return;
  const ByteView size = values.content_of(V_ASN1_INTEGER);
  if (size.empty() || size.size() > sizeof(std::uint16_t)) throw MalformedDer();
  int bits = 0;
  for (const std::byte byte : size) bits = bits << 8 | std::to_integer<int>(byte);
  if (bits > max_modulus_bits) throw MalformedDer();
  result.modulus_bits = bits;
}

// Extensions, or ExtensionTemplates, whose values may be left out.
void read_extensions(DerReader list, RequestedAttributes& result) {
  for (DerReader extensions = list.sequence(); !extensions.at_end();) {
    DerReader extension = extensions.sequence();
    RequestedExtension wanted{extension.object_identifier(), std::nullopt};
    if (!extension.at_end() && extension.peek().is(V_ASN1_BOOLEAN)) static_cast<void>(extension.next());
    if (!extension.at_end()) {
      const ByteView value = bounded(extension.content_of(V_ASN1_OCTET_STRING));
      wanted.value.emplace(value.begin(), value.end());
    }
    extension.finish();
    add(result.extensions, std::move(wanted));
  }
  list.finish();
}

void read_subject(DerReader name, RequestedAttributes& result) {
  while (!name.at_end()) {
    for (DerReader rdn = name.set(); !rdn.at_end();) {
      DerReader attribute = rdn.sequence();
      NameAttribute wanted{attribute.object_identifier(), std::nullopt};
      if (!attribute.at_end()) wanted.value = text_of_value(attribute.next());
      attribute.finish();
      add(result.subject, std::move(wanted));
    }
  }
}

// RFC 9908 §3.4: the size that is wanted of an RSA key is that of the one in the template.
void read_key(DerReader key, RequestedAttributes& result) {
  DerReader algorithm = key.sequence();
  result.key_type = algorithm.object_identifier();
  if (result.key_type == ec_public_key) read_key_parameters(algorithm, result);
  if (key.at_end()) return;
  const ByteView bits = key.content_of(V_ASN1_BIT_STRING);
  key.finish();
  if (result.key_type != rsa_encryption || bits.empty()) return;
  ByteView modulus = DerReader(bits.subspan(1)).sequence().content_of(V_ASN1_INTEGER);
  while (!modulus.empty() && modulus.front() == std::byte{0}) modulus = modulus.subspan(1);
  if (modulus.empty() || modulus.size() > max_modulus_bits / 8) throw MalformedDer();
  result.modulus_bits = static_cast<int>(8 * (modulus.size() - 1)) +
                        static_cast<int>(std::bit_width(std::to_integer<unsigned>(modulus.front())));
}

// What a template and the legacy form have in common: attributes of the request. Without a value all but these tell
// nothing that could be fulfilled.
void read_attribute(const std::string& type, DerReader values, RequestedAttributes& result) {
  if (type == challenge_password) {
    result.challenge_password = true;
  } else if (type == rsa_encryption || type == ec_public_key) {
    result.key_type = type;
    read_key_parameters(values, result);
  } else if ((type == extension_request || type == extension_request_template) && !values.at_end()) {
    read_extensions(values, result);
  } else if (result.identifiers.size() < max_elements) {
    result.identifiers.push_back(type);
  }
}

RequestedAttributes read_template(DerReader values) {
  RequestedAttributes result;
  DerReader content = values.sequence();
  values.finish();
  static_cast<void>(content.content_of(V_ASN1_INTEGER));  // version
  if (!content.at_end() && content.peek().is(V_ASN1_SEQUENCE)) read_subject(content.sequence(), result);
  if (!content.at_end() && content.peek().is_context(0)) read_key(DerReader(content.next().content), result);
  if (!content.at_end() && content.peek().is_context(1)) {
    for (DerReader attributes(content.next().content); !attributes.at_end();) {
      DerReader attribute = attributes.sequence();
      const std::string type = attribute.object_identifier();
      read_attribute(type, attribute.set(), result);
      attribute.finish();
    }
  }
  content.finish();
  return result;
}

}  // namespace

RequestedAttributes parse_csr_attributes(ByteView der) {
  RequestedAttributes result;
  DerReader whole(der);
  DerReader elements = whole.sequence();
  whole.finish();
  std::optional<RequestedAttributes> by_template;
  while (!elements.at_end()) {
    if (elements.peek().is(V_ASN1_OBJECT)) {
      read_attribute(elements.object_identifier(), DerReader(ByteView()), result);
      continue;
    }
    DerReader attribute = elements.sequence();
    const std::string type = attribute.object_identifier();
    DerReader values = attribute.set();
    attribute.finish();
    if (type == request_template)
      by_template = read_template(values);
    else
      read_attribute(type, values, result);
  }
  return by_template.value_or(result);
}

}  // namespace edgeseal::enroll::est
