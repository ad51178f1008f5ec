#include "dbus/device_arguments.h"

#include "dbus/arguments.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kRegistrars{0, 16};
constexpr size_t kTextBytes = 1024;
constexpr size_t kSerialNumberBytes = 255;
constexpr size_t kMostUrls = 16;

IdentityRequest named_request(const std::string& kind, Options& options) {
  check_identity_kind(kind);
  return {.kind = kind,
          .product_instance_uri = options.text("product-instance-uri", kTextBytes),
          .serial_number = options.text("serial-number", kSerialNumberBytes),
          .subject = options.text("subject", kTextBytes),
          .key_algorithm = options.choice("key-algorithm", {"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"})};
}

RegistrarInfo registrar(const VariantMap& given) {
  Options options(given);
  RegistrarInfo info{.application_uri = options.text("application-uri", kTextBytes),
                     .product_uri = options.text("product-uri", kTextBytes),
                     .application_name = options.text("application-name", kTextBytes),
                     .discovery_urls = options.texts("discovery-urls", kMostUrls, kTextBytes)};
  options.finish();
  return info;
}

}  // namespace

void check_identity_kind(const std::string& kind) {
  if (kind != "idevid" && kind != "ldevid") throw CallError("InvalidArgument", "kind must be one of: idevid, ldevid");
}

IdentityRequest identity_request(const std::string& kind, const VariantMap& given) {
  Options options(given);
  IdentityRequest request = named_request(kind, options);
  request.with_idevid_key = options.flag("with-idevid-key");
  options.finish();
  return request;
}

IdentityRequest self_signed_identity_request(const std::string& kind, const VariantMap& given) {
  Options options(given);
  IdentityRequest request = named_request(kind, options);
  request.lifetime_days = options.number("lifetime-days");
  options.finish();
  return request;
}

std::vector<RegistrarInfo> registrars(const std::vector<VariantMap>& given) {
  check_size("registrars", given.size(), kRegistrars);
  std::vector<RegistrarInfo> all;
  for (const auto& each : given) all.push_back(registrar(each));
  return all;
}

VariantMap to_map(const IdentityInfo& identity) {
  VariantMap map{{"kind", sdbus::Variant(identity.kind)}, {"usable", sdbus::Variant(identity.obstacle.empty())}};
  put(map, "key", identity.key_name);
  put(map, "obstacle", identity.obstacle);
  put(map, "certificate", identity.certificate);
  put(map, "issuer-certificates", identity.issuer_certificates);
  put(map, "handle", identity.handle);
  put(map, "nv-index", identity.nv_index);
  return map;
}

VariantMap to_map(const EndpointInfo& endpoint) {
  return {{"key", sdbus::Variant(endpoint.key_name)},
          {"certificate", sdbus::Variant(to_array(endpoint.certificate))},
          {"issuer-certificates", sdbus::Variant(to_arrays(endpoint.issuer_certificates))}};
}

VariantMap to_map(const TicketInfo& ticket) {
  VariantMap map{{"kind", sdbus::Variant(ticket.kind)}, {"signatures", sdbus::Variant(ticket.signatures)}};
  put(map, "manufacturer-name", ticket.manufacturer_name);
  put(map, "model-name", ticket.model_name);
  put(map, "model-version", ticket.model_version);
  put(map, "hardware-revision", ticket.hardware_revision);
  put(map, "software-revision", ticket.software_revision);
  put(map, "serial-number", ticket.serial_number);
  put(map, "manufacture-date", ticket.manufacture_date);
  put(map, "product-instance-uri", ticket.product_instance_uri);
  put(map, "composite-instance-uri", ticket.composite_instance_uri);
  put(map, "devices", ticket.devices);
  put(map, "composites", ticket.composites);
  put(map, "authorities", ticket.authorities);
  return map;
}

VariantMap to_map(const RegistrarInfo& registrar) {
  VariantMap map{{"discovery-urls", sdbus::Variant(registrar.discovery_urls)}};
  put(map, "application-uri", registrar.application_uri);
  put(map, "product-uri", registrar.product_uri);
  put(map, "application-name", registrar.application_name);
  return map;
}

}  // namespace edgeseal::dbus
