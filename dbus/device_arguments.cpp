#include "dbus/device_arguments.h"

#include "dbus/arguments.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kCertificateBytes{1, 65536};
constexpr Bounds kTicketBytes{1, 65536};
constexpr Bounds kIssuers{0, 16};
constexpr Bounds kAuthorities{1, 64};
constexpr Bounds kCrls{0, 64};
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

void check_all(const std::string& argument, const std::vector<ByteArray>& all, Bounds count) {
  check_size(argument, all.size(), count);
  for (const auto& each : all) check_size(argument, each.size(), kCertificateBytes);
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

void add_text(VariantMap& map, const char* key, const std::string& text) {
  if (!text.empty()) map.emplace(key, sdbus::Variant(text));
}

void add_texts(VariantMap& map, const char* key, const std::vector<std::string>& texts) {
  if (!texts.empty()) map.emplace(key, sdbus::Variant(texts));
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

void check_identity_certificate(const ByteArray& certificate, const std::vector<ByteArray>& issuers) {
  check_size("certificate", certificate.size(), kCertificateBytes);
  check_all("issuerCertificates", issuers, kIssuers);
}

void check_ticket(const ByteArray& ticket) {
  check_size("ticket", ticket.size(), kTicketBytes);
}

void check_authorities(const std::vector<ByteArray>& authorities, const std::vector<ByteArray>& crls) {
  check_all("authorities", authorities, kAuthorities);
  check_all("crls", crls, kCrls);
}

std::vector<RegistrarInfo> registrars(const std::vector<VariantMap>& given) {
  check_size("registrars", given.size(), kRegistrars);
  std::vector<RegistrarInfo> all;
  for (const auto& each : given) all.push_back(registrar(each));
  return all;
}

VariantMap to_map(const IdentityInfo& identity) {
  VariantMap map{{"kind", sdbus::Variant(identity.kind)}, {"usable", sdbus::Variant(identity.obstacle.empty())}};
  add_text(map, "key", identity.key_name);
  add_text(map, "obstacle", identity.obstacle);
  if (!identity.certificate.empty()) map.emplace("certificate", sdbus::Variant(to_array(identity.certificate)));
  if (!identity.issuer_certificates.empty())
    map.emplace("issuer-certificates", sdbus::Variant(to_arrays(identity.issuer_certificates)));
  if (identity.handle != 0) map.emplace("handle", sdbus::Variant(identity.handle));
  if (identity.nv_index != 0) map.emplace("nv-index", sdbus::Variant(identity.nv_index));
  return map;
}

VariantMap to_map(const EndpointInfo& endpoint) {
  return {{"key", sdbus::Variant(endpoint.key_name)},
          {"certificate", sdbus::Variant(to_array(endpoint.certificate))},
          {"issuer-certificates", sdbus::Variant(to_arrays(endpoint.issuer_certificates))}};
}

VariantMap to_map(const TicketInfo& ticket) {
  VariantMap map{{"kind", sdbus::Variant(ticket.kind)}, {"signatures", sdbus::Variant(ticket.signatures)}};
  add_text(map, "manufacturer-name", ticket.manufacturer_name);
  add_text(map, "model-name", ticket.model_name);
  add_text(map, "model-version", ticket.model_version);
  add_text(map, "hardware-revision", ticket.hardware_revision);
  add_text(map, "software-revision", ticket.software_revision);
  add_text(map, "serial-number", ticket.serial_number);
  add_text(map, "manufacture-date", ticket.manufacture_date);
  add_text(map, "product-instance-uri", ticket.product_instance_uri);
  add_text(map, "composite-instance-uri", ticket.composite_instance_uri);
  add_texts(map, "devices", ticket.devices);
  add_texts(map, "composites", ticket.composites);
  if (!ticket.authorities.empty()) map.emplace("authorities", sdbus::Variant(to_arrays(ticket.authorities)));
  return map;
}

VariantMap to_map(const RegistrarInfo& registrar) {
  VariantMap map{{"discovery-urls", sdbus::Variant(registrar.discovery_urls)}};
  add_text(map, "application-uri", registrar.application_uri);
  add_text(map, "product-uri", registrar.product_uri);
  add_text(map, "application-name", registrar.application_name);
  return map;
}

}  // namespace edgeseal::dbus
