#include "agent/device/device_identity.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/certificates/self_signed_certificate.h"
#include "agent/certificates/signing_request.h"
#include "agent/device/shared_ldevid.h"
#include "agent/journal.h"
#include "agent/keys/public_key.h"
#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

constexpr const char* plate_record = "device-plate";

// Of the arc that belongs to whoever makes a UUID (X.667): hardware of which no more is known than its serial number.
constexpr const char* unspecific_hardware = "2.25.159128669192975140286193765197353828492";

constexpr const char* foreign_key =
    "the manufacturer keeps this key in the TPM under an authorisation that the agent does not have; remedy: have an "
    "LDevID made by edgesealctl device identity create --kind ldevid";
constexpr const char* no_key = "the TPM has the certificate, and the key behind it at none of the handles for it";

HardwareModule hardware_module_by(const DeviceIdentity::Settings& settings, const std::string& serial_number) {
  return {settings.hardware_type.empty() ? unspecific_hardware : settings.hardware_type, serial_number};
}

std::string distinguished_name_by(const DeviceIdentity::Settings& settings, const std::string& serial_number) {
  std::string name = "CN=" + (settings.model.empty() ? device_application_name : escaped_value(settings.model));
  if (!serial_number.empty()) name += ",serialNumber=" + escaped_value(serial_number);
  if (!settings.manufacturer.empty()) name += ",O=" + escaped_value(settings.manufacturer);
  return name;
}

bool has_uri(const IdentityCertificate& identity, const std::string& uri) {
  if (identity.certificate.empty()) return false;
  const auto uris = uris_of(identity.certificate);
  return uri.empty() ? !uris.empty() : std::ranges::find(uris, uri) != uris.end();
}

IdentityCertificate found_in_tpm(const tpm::ManufacturerKey& key) {
  return {IdentityKind::idevid, "",          key.certificate, {}, key.handle != 0 ? foreign_key : no_key,
          key.handle,           key.nv_index};
}

}  // namespace

const char* kind_name(IdentityKind kind) {
  return kind == IdentityKind::idevid ? idevid_type : ldevid_type;
}

// A damaged one counts as not there: certificates say the same.
DeviceIdentity::Plate DeviceIdentity::stored_plate() {
  const auto stored = services_.state.record(plate_record);
  if (!stored) return {};
  try {
    return from_text("the record of the name plate", *stored, [](const Json& json) {
      return Plate{json.at("product-instance-uri"), json.at("serial-number")};
    });
  } catch (const Error& damage) {
    log(Level::warning, Event::record_damaged, damage.what());
    return {};
  }
}

void require_identity(const DeviceIdentity::Settings& settings) {
  const std::string serial_number = settings.serial_number.empty() ? "0" : settings.serial_number;
  CertificateSubject subject;
  subject.distinguished_name = distinguished_name_by(settings, serial_number);
  subject.hardware_module = hardware_module_by(settings, serial_number);
  (void)name_of(subject);
  (void)extensions_of(subject);
}

DeviceIdentity::Plate DeviceIdentity::plate() {
  Plate plate = stored_plate();
  if (!services_.device.configured_uri().empty()) plate.product_instance_uri = services_.device.configured_uri();
  if (!settings_.serial_number.empty()) plate.serial_number = settings_.serial_number;
  return plate;
}

void DeviceIdentity::put_plate(const Plate& plate) {
  services_.state.put_record(plate_record, to_text({{"product-instance-uri", plate.product_instance_uri},
                                                    {"serial-number", plate.serial_number}}));
}

std::string DeviceIdentity::product_instance_uri() {
  if (std::string uri = plate().product_instance_uri; !uri.empty()) return uri;
  for (const IdentityCertificate& identity : usable())
    if (const auto uris = uris_of(identity.certificate); !uris.empty()) return uris.front();
  return {};
}

std::string DeviceIdentity::serial_number() {
  return plate().serial_number;
}

void DeviceIdentity::name_device(const Wish& wish) {
  Plate known = plate();
  if (known.product_instance_uri.empty()) known.product_instance_uri = product_instance_uri();
  Plate named{wish.product_instance_uri.empty() ? known.product_instance_uri : wish.product_instance_uri,
              wish.serial_number.empty() ? known.serial_number : wish.serial_number};
  if (named.product_instance_uri.empty())
    throw Error(Code::invalid_argument,
                "nothing says which device this is; remedy: give its ProductInstanceUri, e.g. --product-instance-uri "
                "urn:example.com:gateway:4711, or set product-instance-uri at [device] in edgeseal.toml");
  const bool has_identity = !installed().empty() && !known.product_instance_uri.empty();
  if (has_identity && named.product_instance_uri != known.product_instance_uri)
    throw Error(Code::invalid_argument,
                fmt::format("this device is {}, as its identity says", known.product_instance_uri));
  if (!settings_.serial_number.empty() && named.serial_number != settings_.serial_number)
    throw Error(Code::invalid_argument, fmt::format("the serial number of this device is {}, as edgeseal.toml says at "
                                                    "[device]",
                                                    settings_.serial_number));
  (void)services_.device.ensure(named.product_instance_uri);
  put_plate(named);
}

// Without names of a host: who asks for such a device suppresses what is said of them (OPC 10000-21 §6.3).
CertificateSubject DeviceIdentity::subject_of(const Wish& wish) {
  const Plate known = plate();
  CertificateSubject subject;
  subject.application_uri = known.product_instance_uri;
  subject.distinguished_name = wish.subject;
  if (!known.serial_number.empty()) subject.hardware_module = hardware_module_by(settings_, known.serial_number);
  if (subject.distinguished_name.empty())
    subject.distinguished_name = distinguished_name_by(settings_, known.serial_number);
  return subject;
}

KeyDeclaration DeviceIdentity::key_of(const Wish& wish) {
  const std::string slot = fmt::format("{}/{}", identity_group, kind_name(wish.kind));
  return SlotDeclaration::parse(wish.key_algorithm.empty() ? slot : slot + "=" + wish.key_algorithm).key;
}

void DeviceIdentity::create_signing_request(const TransactionOwner& owner, const Wish& wish, Answer<Bytes> answer) {
  const KeyDeclaration key = key_of(wish);
  name_device(wish);
  if (wish.with_idevid_key) return request_with_idevid_key(wish, std::move(answer));
  services_.groups.create_signing_request(
      owner, {{device_application_name, identity_group, kind_name(wish.kind)}, subject_of(wish), key},
      std::move(answer));
}

// OPC 10000-21 §5.1: an LDevID may have the key pair of the IDevID.
void DeviceIdentity::request_with_idevid_key(const Wish& wish, Answer<Bytes> answer) {
  const auto idevid = installed(IdentityKind::idevid);
  if (wish.kind != IdentityKind::ldevid || !idevid)
    throw Error(Code::invalid_state, "there is no IDevID whose key the LDevID could have");
  if (!idevid->obstacle.empty()) throw Error(Code::security_checks_failed, idevid->obstacle);
  const KeyPtr key = services_.keys.find(idevid->key_name);
  const auto request = std::make_shared<SigningRequest>(subject_of(wish));
  services_.keys.sign(key, certificate_signature(key->public_key, request->to_be_signed(key->public_key)), {},
                      [request, answer](std::variant<Bytes, Error> signature) {
                        proceed(answer, signature, [&](const Bytes& bytes) { answer(request->finish(bytes)); });
                      });
}

void DeviceIdentity::create_self_signed(const TransactionOwner& owner, const Wish& wish,
                                        std::optional<std::chrono::days> lifetime, Answer<Bytes> answer) {
  const KeyDeclaration key = key_of(wish);
  require_no_changes();
  name_device(wish);
  services_.groups.create_self_signed(
      owner, {{device_application_name, identity_group, kind_name(wish.kind)}, subject_of(wish), key},
      lifetime.value_or(without_end), [this, owner, answer](std::variant<Bytes, Error> made) {
        proceed(answer, made, [&](const Bytes& certificate) {
          apply(owner, [answer, certificate](std::variant<std::monostate, Error> applied) {
            proceed(answer, applied, [&](std::monostate) { answer(certificate); });
          });
        });
      });
}

void DeviceIdentity::install(const TransactionOwner& owner, IdentityKind kind, const Bytes& certificate,
                             const std::vector<Bytes>& issuers, Answer<std::monostate> answer) {
  const auto uris = uris_of(certificate);
  const std::string uri = product_instance_uri();
  if (!uri.empty() && !uris.empty() && std::ranges::find(uris, uri) == uris.end())
    throw Error(Code::certificate_uri_invalid,
                fmt::format("the certificate is for {:.200}, this device is {}", uris.front(), uri));
  require_no_changes();
  const auto idevid =
      services_.state.key(Slot{device_application_name, identity_group, idevid_type}, KeyStatus::active);
  if (kind == IdentityKind::ldevid && idevid && has_key(certificate, idevid->public_key)) {
    require_chain(*parse_certificate(certificate), issuers);
    put_shared_ldevid(services_.state, certificate, issuers);
    services_.keys.forget_cached();
    return answer(std::monostate{});
  }
  const auto& device = services_.device.ensure(uri.empty() && !uris.empty() ? uris.front() : uri);
  services_.groups.update(owner, {device.name, identity_group}, {kind_name(kind), certificate, issuers});
  apply(owner, std::move(answer));
}

// One call, one change: what somebody staged besides must not slip in with it.
void DeviceIdentity::require_no_changes() const {
  if (services_.transactions.pending(device_application_name))
    throw Error(Code::transaction_pending, "changes of the device are staged; apply or cancel them first");
}

void DeviceIdentity::apply(const TransactionOwner& owner, Answer<std::monostate> answer) {
  services_.groups.apply(owner, device_application_name, {}, std::move(answer));
}

// A damaged one keeps nobody from the other.
std::optional<IdentityCertificate> DeviceIdentity::installed(IdentityKind kind) {
  const Slot slot{device_application_name, identity_group, kind_name(kind)};
  try {
    auto record = certificate_of(services_.state, slot);
    if (!record) return std::nullopt;
    return IdentityCertificate{kind, slot.key_name(), std::move(record->certificate), std::move(record->issuers)};
  } catch (const Error& damage) {
    if (damage.code() != Code::security_checks_failed) throw;
    return IdentityCertificate{.kind = kind, .obstacle = damage.what()};
  }
}

std::vector<IdentityCertificate> DeviceIdentity::installed() {
  std::vector<IdentityCertificate> identities;
  for (const IdentityKind kind : {IdentityKind::idevid, IdentityKind::ldevid})
    if (auto identity = installed(kind)) identities.push_back(*std::move(identity));
  return identities;
}

std::vector<IdentityCertificate> DeviceIdentity::usable() {
  std::vector<IdentityCertificate> identities = installed();
  std::erase_if(identities, [](const IdentityCertificate& identity) { return !identity.obstacle.empty(); });
  return identities;
}

void DeviceIdentity::all(Answer<std::vector<IdentityCertificate>> answer) {
  const auto with_those_of_the_tpm = [this, answer](std::variant<std::vector<tpm::ManufacturerKey>, Error> keys) {
    proceed(answer, keys, [&](const std::vector<tpm::ManufacturerKey>& found) {
      std::vector<IdentityCertificate> identities = installed();
      for (const tpm::ManufacturerKey& key : found)
        if (key.kind == tpm::ManufacturerKey::Kind::idevid) identities.push_back(found_in_tpm(key));
      answer(std::move(identities));
    });
  };
  services_.attestation.manufacturer_keys(with_those_of_the_tpm);
}

std::vector<std::string> DeviceIdentity::deficiencies(const std::vector<IdentityCertificate>& identities) {
  std::vector<std::string> found;
  const auto is_idevid = [](const IdentityCertificate& identity) { return identity.kind == IdentityKind::idevid; };
  if (std::ranges::none_of(identities, is_idevid))
    found.emplace_back("there is no IDevID; remedy: edgesealctl device identity create");
  const std::string uri = product_instance_uri();
  if (std::ranges::none_of(identities, [&](const auto& identity) { return has_uri(identity, uri); }))
    found.emplace_back(
        "neither an IDevID nor an LDevID names the ProductInstanceUri; remedy: edgesealctl device identity create "
        "--kind ldevid");
  return found;
}

}  // namespace edgeseal::agent
