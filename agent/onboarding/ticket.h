#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/openssl.h"

namespace edgeseal::agent {

using tpm::Bytes;
using tpm::ByteView;

enum class TicketKind { device, composite };

// CertificateAuthorityType (OPC 10000-21 §6.2): who issued the certificates of the device.
struct TicketAuthority {
  Bytes certificate;  // DER
  std::vector<Bytes> issuers;
};

// DeviceIdentityTicketType and CompositeIdentityTicketType (OPC 10000-21 §6.2). What the ticket leaves out is empty.
struct Ticket {
  TicketKind kind = TicketKind::device;
  std::string manufacturer_name, model_name, model_version, hardware_revision, software_revision, serial_number;
  std::string manufacture_date;  // RFC 3339, as it stands there
  std::vector<TicketAuthority> authorities;
  std::string product_instance_uri;              // of a device
  std::string composite_instance_uri;            // of a composite, as the next two: ProductInstanceUris of its parts
  std::vector<std::string> devices, composites;  // and CompositeInstanceUris
};

inline constexpr std::size_t max_ticket_text = 4096;
inline constexpr std::size_t max_ticket_parts = 256;  // authorities, issuers of one, devices, composites

// The payload of an EncodedTicket: JSON in the reversible encoding (OPC 10000-6 §5.4), with or without the envelope of
// an ExtensionObject. Unknown members are passed over. Throws Error{invalid_argument}, naming the member.
[[nodiscard]] Ticket parse_ticket(std::string_view json);

}  // namespace edgeseal::agent
