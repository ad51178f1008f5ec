#include "enroll/est/csr_attributes.h"

#include "enroll/der_reader.h"

namespace edgeseal::enroll::est {
namespace {

constexpr const char* extension_request = "1.2.840.113549.1.9.14";
constexpr const char* request_template = "1.2.840.113549.1.9.16.2.61";  // RFC 9908 §3.4
constexpr const char* extension_request_template = "1.2.840.113549.1.9.16.2.62";

// Extensions, or ExtensionTemplates, whose values may be left out.
void read_extensions(DerReader list) {
  for (DerReader extensions = list.sequence(); !extensions.at_end();) {
    DerReader extension = extensions.sequence();
    static_cast<void>(extension.object_identifier());
    if (!extension.at_end() && extension.peek().is(V_ASN1_BOOLEAN)) static_cast<void>(extension.next());
    if (!extension.at_end()) static_cast<void>(extension.content_of(V_ASN1_OCTET_STRING));
    extension.finish();
  }
  list.finish();
}

void read_subject(DerReader name) {
  while (!name.at_end()) {
    for (DerReader rdn = name.set(); !rdn.at_end();) {
      DerReader attribute = rdn.sequence();
      static_cast<void>(attribute.object_identifier());
      if (!attribute.at_end()) static_cast<void>(attribute.next());
      attribute.finish();
    }
  }
}

void read_key(DerReader key) {
  static_cast<void>(key.sequence().object_identifier());
  if (!key.at_end()) static_cast<void>(key.content_of(V_ASN1_BIT_STRING));
  key.finish();
}

// What a template and the legacy form have in common: attributes of the request.
void read_attribute(const std::string& type, DerReader values) {
  if ((type == extension_request || type == extension_request_template) && !values.at_end()) read_extensions(values);
}

void read_template(DerReader values) {
  DerReader content = values.sequence();
  values.finish();
  static_cast<void>(content.content_of(V_ASN1_INTEGER));  // version
  if (!content.at_end() && content.peek().is(V_ASN1_SEQUENCE)) read_subject(content.sequence());
  if (!content.at_end() && content.peek().is_context(0)) read_key(DerReader(content.next().content));
  if (!content.at_end() && content.peek().is_context(1)) {
    for (DerReader attributes(content.next().content); !attributes.at_end();) {
      DerReader attribute = attributes.sequence();
      const std::string type = attribute.object_identifier();
      read_attribute(type, attribute.set());
      attribute.finish();
    }
  }
  content.finish();
}

}  // namespace

void require_csr_attributes(ByteView der) {
  DerReader whole(der);
  DerReader elements = whole.sequence();
  whole.finish();
  while (!elements.at_end()) {
    if (elements.peek().is(V_ASN1_OBJECT)) {
      static_cast<void>(elements.object_identifier());
      continue;
    }
    DerReader attribute = elements.sequence();
    const std::string type = attribute.object_identifier();
    DerReader values = attribute.set();
    attribute.finish();
    if (type == request_template)
      read_template(values);
    else
      read_attribute(type, values);
  }
}

}  // namespace edgeseal::enroll::est
