#include "agent/onboarding/ticket.h"

#include <fmt/format.h>

#include "agent/error.h"
#include "jose/base64.h"
#include "jose/error.h"
#include "jose/strict_json.h"

namespace edgeseal::agent {

namespace {

[[noreturn]] void refuse(const char* member, const char* problem) {
  throw Error(Code::invalid_argument, fmt::format("the ticket is not usable: {} {}", member, problem));
}

// null stands for a member that is left out (OPC 10000-6 §5.4.1).
const jose::Json* find(const jose::Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const jose::Json& value, const char* member) {
  if (!value.is_string()) refuse(member, "is no text");
  const auto& text = value.get_ref<const jose::SecretText&>();
  if (text.size() > max_ticket_text) refuse(member, "is too long");
  return {text.begin(), text.end()};
}

std::string text(const jose::Json& object, const char* member) {
  const jose::Json* value = find(object, member);
  return value == nullptr ? std::string() : text_of(*value, member);
}

template <class Read>
auto list(const jose::Json& object, const char* member, const Read& read) {
  std::vector<decltype(read(object))> values;
  const jose::Json* array = find(object, member);
  if (array == nullptr) return values;
  if (!array->is_array()) refuse(member, "is no list");
  if (array->size() > max_ticket_parts) refuse(member, "has too many elements");
  for (const jose::Json& element : *array) values.push_back(read(element));
  return values;
}

std::vector<std::string> texts(const jose::Json& object, const char* member) {
  return list(object, member, [member](const jose::Json& element) { return text_of(element, member); });
}

Bytes byte_string(const jose::Json& value, const char* member) {
  if (!value.is_string()) refuse(member, "is no ByteString");
  const auto bytes = jose::decode_base64(value.get_ref<const jose::SecretText&>(), member);
  return {bytes.begin(), bytes.end()};
}

TicketAuthority authority_of(const jose::Json& object) {
  if (!object.is_object()) refuse("Authorities", "holds something else than objects");
  const jose::Json* certificate = find(object, "AuthorityCertificate");
  if (certificate == nullptr) refuse("AuthorityCertificate", "is missing");
  return {byte_string(*certificate, "AuthorityCertificate"),
          list(object, "IssuerCertificates",
               [](const jose::Json& element) { return byte_string(element, "IssuerCertificates"); })};
}

// { "TypeId": ..., "Body": { ... } }: what is in it says itself which type it has.
const jose::Json& body_of(const jose::Json& object) {
  const jose::Json* body = find(object, "Body");
  return body != nullptr && body->is_object() && find(object, "TypeId") != nullptr ? *body : object;
}

Ticket read(const jose::Json& body) {
  Ticket ticket;
  ticket.manufacturer_name = text(body, "ManufacturerName");
  ticket.model_name = text(body, "ModelName");
  ticket.model_version = text(body, "ModelVersion");
  ticket.hardware_revision = text(body, "HardwareRevision");
  ticket.software_revision = text(body, "SoftwareRevision");
  ticket.serial_number = text(body, "SerialNumber");
  ticket.manufacture_date = text(body, "ManufactureDate");
  ticket.authorities = list(body, "Authorities", authority_of);
  ticket.product_instance_uri = text(body, "ProductInstanceUri");
  ticket.composite_instance_uri = text(body, "CompositeInstanceUri");
  ticket.devices = texts(body, "Devices");
  ticket.composites = texts(body, "Composites");
  return ticket;
}

}  // namespace

Ticket parse_ticket(std::string_view json) {
  try {
    const jose::Json object = jose::parse_json_object(json, "ticket");
    Ticket ticket = read(body_of(object));
    if (ticket.product_instance_uri.empty() == ticket.composite_instance_uri.empty())
      refuse("ProductInstanceUri", "or CompositeInstanceUri must be there, and not both");
    ticket.kind = ticket.composite_instance_uri.empty() ? TicketKind::device : TicketKind::composite;
    return ticket;
  } catch (const jose::Error& error) {
    throw Error(Code::invalid_argument, fmt::format("the ticket is not usable: {}", error.what()));
  }
}

}  // namespace edgeseal::agent
