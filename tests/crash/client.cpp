#include "tests/crash/client.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <stdexcept>

#include "tests/crash/setup_view.h"

namespace edgeseal::crash {
namespace {

constexpr std::chrono::minutes answer_patience{2};
constexpr std::size_t partner_count = 3;
constexpr const char* next_name = "Next Plant CA";
constexpr const char* nothing_to_do = "org.edgeseal.Error.NothingToDo";
constexpr std::uint8_t write_and_erase = 6;  // OPC 10000-20 §4.2.2

Der octets(const test::Bytes& bytes) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {begin, begin + bytes.size()};
}

test::CertificateFields fields_for(const std::string& uri) {
  test::CertificateFields fields;
  fields.alternative_name = "URI:" + uri + ",DNS:gateway.example.com";
  return fields;
}

std::vector<Der> octets(const std::vector<test::Bytes>& list) {
  std::vector<Der> all;
  for (const test::Bytes& entry : list) all.push_back(octets(entry));
  return all;
}

// For who takes it.
EVP_PKEY* one_more(const std::shared_ptr<EVP_PKEY>& key) {
  EVP_PKEY_up_ref(key.get());
  return key.get();
}

}  // namespace

Plant::Plant()
    : authority_("Plant CA"),
      next_key_(EVP_EC_gen("P-256"), EVP_PKEY_free),
      next_(test::authority_fields(next_name), one_more(next_key_), nullptr),
      link_(test::authority_fields(next_name), one_more(next_key_), &authority_) {
  own_list_.trusted_certificates = {authority_.certificate()};
  own_list_.trusted_crls = {authority_.crl()};
  full_list_ = own_list_;
  for (std::size_t i = 0; i < partner_count; ++i) {
    const test::Authority partner(fmt::format("Partner CA {}", i)), issuer(fmt::format("Issuing CA {}", i));
    full_list_.trusted_certificates.push_back(partner.certificate());
    full_list_.trusted_crls.push_back(partner.crl());
    full_list_.issuer_certificates.push_back(issuer.certificate());
    full_list_.issuer_crls.push_back(issuer.crl());
  }
}

Plant::Successor Plant::next() const {
  return {octets(next_.certificate()), octets(link_.certificate())};
}

Der Plant::certify(const Der& request, const std::string& uri, By by) const {
  const unsigned char* cursor = request.data();
  const std::shared_ptr<X509_REQ> parsed(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(request.size())),
                                         X509_REQ_free);
  if (!parsed) throw std::runtime_error("the signing request does not parse");
  const test::Authority& issuer = by == By::next ? next_ : authority_;
  return octets(issuer.issue(fields_for(uri), *X509_REQ_get0_pubkey(parsed.get())));
}

Plant::Pair Plant::make_pair(const std::string& uri) const {
  const std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::shared_ptr<PKCS8_PRIV_KEY_INFO> pkcs8(EVP_PKEY2PKCS8(key.get()), PKCS8_PRIV_KEY_INFO_free);
  return {der_of(pkcs8.get(), i2d_PKCS8_PRIV_KEY_INFO), octets(authority_.issue(fields_for(uri), *key))};
}

Der Plant::authority() const {
  return octets(authority_.certificate());
}

std::string application_uri(const std::string& application) {
  return "urn:gateway:" + application;
}

Client::Client(const Plant& plant) : plant_(plant), connection_(sdbus::createSystemBusConnection()) {
  connection_->setMethodCallTimeout(answer_patience);
}

void Client::wait_until_ready() {
  wait_for_seal(*connection_);
  wait_for_setup(*connection_);
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
  push(slot, plant_.certify(request, application_uri(slot.application)), {}, change);
}

void Client::stage_pair(const SlotName& slot, Change& change) {
  const Plant::Pair pair = plant_.make_pair(application_uri(slot.application));
  push(slot, pair.certificate, {{"private-key", sdbus::Variant(pair.key)}}, change);
}

void Client::push(const SlotName& slot, const Der& certificate, const std::map<std::string, sdbus::Variant>& options,
                  Change& change) {
  change[fmt::format("{}/{} {} certificate 0", slot.application, slot.group, slot.type)] = fingerprint(certificate);
  dbus::RemoteGroup group(*connection_, dbus::group_path({slot.application, slot.group}));
  (void)group.UpdateCertificate(slot.type, certificate, {plant_.authority()}, options);
}

void Client::stage_deletion(const SlotName& slot) {
  configuration(slot.application).DeleteCertificate(slot.group, slot.type, {});
}

void Client::stage_list(const dbus::GroupName& group, const agent::TrustList& list, Change& change) {
  change[fmt::format("{}/{} LastUpdateTime", group.application, group.group)] = kAnother;
  dbus::RemoteTrustList remote(*connection_, dbus::group_path(group));
  (void)remote.SetTrustList(list.specified, octets(list.trusted_certificates), octets(list.trusted_crls),
                            octets(list.issuer_certificates), octets(list.issuer_crls), {});
}

void Client::write_list(const dbus::GroupName& group, const agent::TrustList& list, Change& change) {
  change[fmt::format("{}/{} LastUpdateTime", group.application, group.group)] = kAnother;
  dbus::RemoteTrustList remote(*connection_, dbus::group_path(group));
  const std::uint32_t handle = remote.Open(write_and_erase, {});
  remote.Write(handle, octets(agent::encode_trust_list(list)), {});
  (void)remote.CloseAndUpdate(handle, {});
}

void Client::apply(const std::string& application, const std::map<std::string, sdbus::Variant>& options) {
  configuration(application).ApplyChanges(options);
}

void Client::confirm(const std::string& application) {
  configuration(application).ConfirmChanges({});
}

void Client::reset(const std::string& application) {
  configuration(application).ResetToServerDefaults({});
}

void Client::destroy_retired(const SlotName& slot) {
  (void)dbus::RemoteGroup(*connection_, dbus::group_path({slot.application, slot.group})).DestroyRetiredKeys(slot.type);
}

void Client::renew(const SlotName& slot) {
  try {
    confirm(slot.application);
  } catch (const sdbus::Error& error) {
    if (error.getName() != nothing_to_do) throw;
  }
  Change change;
  stage_certificate(slot, change);
  apply(slot.application);
}

}  // namespace edgeseal::crash
