#include "tests/crash/client.h"

#include <fmt/format.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace edgeseal::crash {
namespace {

constexpr std::size_t partner_count = 3;

Der octets(const test::Bytes& bytes) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {begin, begin + bytes.size()};
}

}  // namespace

Plant::Plant() : authority_("Plant CA") {
  for (std::size_t i = 0; i < partner_count; ++i) {
    const test::Authority partner(fmt::format("Partner CA {}", i));
    partners_.certificates.push_back(octets(partner.certificate()));
    partners_.crls.push_back(octets(partner.crl()));
  }
}

Der Plant::certify(const Der& request, const std::string& uri) const {
  const unsigned char* cursor = request.data();
  const std::shared_ptr<X509_REQ> parsed(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(request.size())),
                                         X509_REQ_free);
  if (!parsed) throw std::runtime_error("the signing request does not parse");
  test::CertificateFields fields;
  fields.alternative_name = "URI:" + uri + ",DNS:gateway.example.com";
  return octets(authority_.issue(fields, *X509_REQ_get0_pubkey(parsed.get())));
}

Der Plant::authority() const {
  return octets(authority_.certificate());
}

std::string application_uri(const std::string& application) {
  return "urn:gateway:" + application;
}

void Client::wait_for_answer() {
  dbus::RemoteAgent agent(*connection_, dbus::kRootPath);
  (void)agent.Describe();
}

void Client::create(const std::string& application, const std::vector<std::string>& slots) {
  dbus::RemoteAgent agent(*connection_, dbus::kRootPath);
  (void)agent.CreateApplication(application, {{"application-uri", sdbus::Variant(application_uri(application))},
                                              {"slots", sdbus::Variant(slots)}});
}

void Client::remove(const std::string& application) {
  dbus::RemoteAgent(*connection_, dbus::kRootPath).DeleteApplication(application);
}

void Client::stage_certificate(const SlotName& slot, Change& change) {
  dbus::RemoteGroup group(*connection_, dbus::group_path({slot.application, slot.group}));
  const Der request = group.CreateSigningRequest(slot.type, {{"regenerate-private-key", sdbus::Variant(true)}});
  const Der certificate = plant_.certify(request, application_uri(slot.application));
  const std::string name = fmt::format("{}/{} {} ", slot.application, slot.group, slot.type);
  change[name + "certificate 0"] = fingerprint(certificate);
  (void)group.UpdateCertificate(slot.type, certificate, {plant_.authority()}, {});
}

void Client::apply(const std::string& application, const std::map<std::string, sdbus::Variant>& options) {
  dbus::RemoteServerConfiguration(*connection_, dbus::application_path(application)).ApplyChanges(options);
}

void Client::destroy_retired(const SlotName& slot) {
  (void)dbus::RemoteGroup(*connection_, dbus::group_path({slot.application, slot.group})).DestroyRetiredKeys(slot.type);
}

void Client::renew(const SlotName& slot) {
  Change change;
  stage_certificate(slot, change);
  apply(slot.application);
}

}  // namespace edgeseal::crash
