#include "enroll/cmp/message_outline.h"

#include <openssl/objects.h>

#include <algorithm>

#include "enroll/cmp/der_fields.h"

namespace edgeseal::enroll::cmp {
namespace {

// AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
int next_algorithm(DerReader& reader) {
  return OBJ_txt2nid(reader.sequence().object_identifier().c_str());
}

// PBMParameter ::= SEQUENCE { salt, owf AlgorithmIdentifier, iterationCount, mac AlgorithmIdentifier }
MacParameters mac_parameters(DerReader parameters) {
  MacParameters result;
  result.salt_size = parameters.content_of(V_ASN1_OCTET_STRING).size();
  result.one_way_function = next_algorithm(parameters);
  result.iterations = next_integer(parameters);
  result.mac = next_algorithm(parameters);
  return result;
}

void read_protection(const DerReader::Element& tagged, MessageOutline& outline) {
  DerReader algorithm = DerReader(tagged.content).sequence();
  outline.protection_algorithm = OBJ_txt2nid(algorithm.object_identifier().c_str());
  if (outline.protection_algorithm == NID_id_PasswordBasedMAC) outline.mac = mac_parameters(algorithm.sequence());
}

// PKIHeader ::= SEQUENCE { pvno, sender, recipient, messageTime [0] OPTIONAL, protectionAlg [1] OPTIONAL, ... }
void read_header(DerReader header, MessageOutline& outline) {
  constexpr int untagged_fields = 3;
  for (int field = 0; field < untagged_fields; ++field) (void)header.next();
  (void)next_tagged(header, 0);
  if (const auto algorithm = next_tagged(header, 1)) read_protection(*algorithm, outline);
}

BodyType body_type(const DerReader::Element& body) {
  for (const BodyType type :
       {BodyType::initialization_response, BodyType::certification_response, BodyType::key_update_response})
    if (body.is_context(static_cast<int>(type))) return type;
  return BodyType::other;
}

void count_certificates(const DerReader::Element& tagged, MessageOutline& outline) {
  for (DerReader reader = DerReader(tagged.content).sequence(); !reader.at_end(); ++outline.extra_certificates)
    outline.largest_certificate = std::max(outline.largest_certificate, reader.next().whole.size());
}

}  // namespace

// PKIMessage ::= SEQUENCE { header, body, protection [0] OPTIONAL, extraCerts [1] OPTIONAL }
MessageOutline outline_of(ByteView message) {
  MessageOutline outline;
  DerReader whole(message);
  DerReader reader = whole.sequence();
  whole.finish();
  read_header(reader.sequence(), outline);
  const DerReader::Element body = reader.next();
  outline.body = body_type(body);
  outline.body_content = body.content;
  (void)next_tagged(reader, 0);
  if (const auto certificates = next_tagged(reader, 1)) count_certificates(*certificates, outline);
  reader.finish();
  return outline;
}

}  // namespace edgeseal::enroll::cmp
