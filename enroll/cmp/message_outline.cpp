#include "enroll/cmp/message_outline.h"

#include <openssl/objects.h>

#include <algorithm>

#include "enroll/cmp/der_reader.h"

namespace edgeseal::enroll::cmp {
namespace {

constexpr std::uint8_t class_and_form = 0xE0;
constexpr std::uint8_t context_constructed = 0xA0;

struct ObjectFree {
  void operator()(ASN1_OBJECT* object) const noexcept { ASN1_OBJECT_free(object); }
};

int nid_of(const DerElement& identifier) {
  const unsigned char* at = octets(identifier.whole);
  const std::unique_ptr<ASN1_OBJECT, ObjectFree> object(
      d2i_ASN1_OBJECT(nullptr, &at, static_cast<long>(identifier.whole.size())));
  return object ? OBJ_obj2nid(object.get()) : NID_undef;
}

// AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
int algorithm_of(const DerElement& identifier) {
  return nid_of(DerReader(identifier.content).next(der_object_identifier));
}

// PBMParameter ::= SEQUENCE { salt OCTET STRING, owf AlgorithmIdentifier, iterationCount INTEGER, mac AlgorithmIdentifier }
MacParameters mac_parameters(DerReader algorithm) {
  DerReader reader(algorithm.next(der_sequence).content);
  MacParameters parameters;
  parameters.salt_size = reader.next(der_octet_string).content.size();
  parameters.one_way_function = algorithm_of(reader.next(der_sequence));
  parameters.iterations = integer_of(reader.next(der_integer));
  parameters.mac = algorithm_of(reader.next(der_sequence));
  return parameters;
}

void read_protection(const DerElement& tagged, MessageOutline& outline) {
  DerReader algorithm(only_element(tagged).content);
  outline.is_protected = true;
  outline.protection_algorithm = nid_of(algorithm.next(der_object_identifier));
  if (outline.protection_algorithm == NID_id_PasswordBasedMAC) outline.mac = mac_parameters(algorithm);
}

// PKIHeader ::= SEQUENCE { pvno, sender, recipient, messageTime [0] OPTIONAL, protectionAlg [1] OPTIONAL, ... }
void read_header(const DerElement& header, MessageOutline& outline) {
  constexpr std::size_t untagged_fields = 3;
  DerReader reader(header.content);
  for (std::size_t field = 0; field < untagged_fields; ++field) (void)reader.next();
  (void)reader.next_if(der_context(0));
  if (const auto algorithm = reader.next_if(der_context(1))) read_protection(*algorithm, outline);
}

BodyType body_type(std::uint8_t number) {
  switch (const auto type = static_cast<BodyType>(number)) {
    case BodyType::initialization_response:
    case BodyType::certification_response:
    case BodyType::key_update_response:
    case BodyType::confirmation:
    case BodyType::general_response:
    case BodyType::error:
    case BodyType::poll_response: return type;
    case BodyType::other: break;
  }
  return BodyType::other;
}

void read_body(const DerElement& body, MessageOutline& outline) {
  if ((body.tag & class_and_form) == context_constructed)
    outline.body = body_type(static_cast<std::uint8_t>(body.tag & ~class_and_form));
  outline.body_content = body.content;
}

void count_certificates(const DerElement& tagged, MessageOutline& outline) {
  for (DerReader reader(only_element(tagged).content); !reader.at_end(); ++outline.extra_certificates)
    outline.largest_certificate = std::max(outline.largest_certificate, reader.next().whole.size());
}

}  // namespace

// PKIMessage ::= SEQUENCE { header, body, protection [0] OPTIONAL, extraCerts [1] OPTIONAL }
MessageOutline outline_of(ByteView message) {
  MessageOutline outline;
  DerReader reader = read_inside(message, der_sequence);
  read_header(reader.next(der_sequence), outline);
  read_body(reader.next(), outline);
  outline.is_protected = reader.next_if(der_context(0)).has_value() && outline.is_protected;
  if (const auto certificates = reader.next_if(der_context(1))) count_certificates(*certificates, outline);
  reader.require_end();
  return outline;
}

}  // namespace edgeseal::enroll::cmp
