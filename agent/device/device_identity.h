#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/certificates/certificate_groups.h"
#include "agent/certificates/transactions.h"
#include "agent/device/attestation.h"
#include "agent/device/device_application.h"
#include "agent/keys/key_service.h"
#include "agent/state/state.h"

namespace edgeseal::agent {

enum class IdentityKind {
  idevid,  // of the manufacturer, for the life of the device (IEEE 802.1AR)
  ldevid   // of whoever has the device: of the manufacturer too, where the IDevID lacks the ProductInstanceUri
};
[[nodiscard]] const char* kind_name(IdentityKind kind);

// A key of the device identity with its certificate, as far as there is one.
struct IdentityCertificate {
  IdentityKind kind = IdentityKind::idevid;
  std::string key_name{};        // for the key socket; empty: see `obstacle`
  Bytes certificate{};           // DER; empty: the key has none, or it was damaged
  std::vector<Bytes> issuers{};  // DER, nearest first
  std::string obstacle{};        // why its key can't be used here; empty: it can
  std::uint32_t handle = 0;      // of what the manufacturer left in the TPM, as the next
  std::uint32_t nv_index = 0;
};

// The device identity (OPC 10000-21 §5): made at manufacture, or found in the TPM. What the agent made lives in the
// group `identity` of the application `device`; a reset does not touch it. Loop's thread.
class DeviceIdentity {
 public:
  struct Settings {
    std::string manufacturer, model, serial_number;
    std::string hardware_type;  // of hardwareModuleName; empty: an identifier that says nothing but that it is hardware

    bool operator==(const Settings&) const = default;
  };
  struct Services {
    State& state;
    DeviceApplication& device;
    CertificateGroups& groups;
    KeyService& keys;
    Transactions& transactions;
    Attestation& attestation;
  };
  // What is said at manufacture; what is empty, the configuration or an earlier word says.
  struct Wish {
    IdentityKind kind = IdentityKind::idevid;
    std::string product_instance_uri{}, serial_number{}, subject{};
    std::string key_algorithm{};   // "ec-p256"; empty: what the slot declares
    bool with_idevid_key = false;  // an LDevID for the key pair of the IDevID
  };

  DeviceIdentity(const Services& services, Settings settings) : services_(services), settings_(std::move(settings)) {}

  // DER PKCS#10. Throws or answers Error{invalid_argument} where nothing says the ProductInstanceUri, or another one is
  // in use already.
  void create_signing_request(const TransactionOwner& owner, const Wish& wish, Answer<Bytes> answer);
  // Makes key and certificate and installs both; answers the certificate. Without a lifetime it has no end.
  void create_self_signed(const TransactionOwner& owner, const Wish& wish, std::optional<std::chrono::days> lifetime,
                          Answer<Bytes> answer);
  // Throws Error{certificate_uri_invalid} for a certificate of another device, what CertificateGroups::update() and
  // apply() do, and Error{transaction_pending} where changes of the device are staged.
  void install(const TransactionOwner& owner, IdentityKind kind, const Bytes& certificate,
               const std::vector<Bytes>& issuers, Answer<std::monostate> answer);

  // What the agent keeps; of a damaged one kind and obstacle.
  [[nodiscard]] std::vector<IdentityCertificate> installed();
  // Those whose keys can be used here.
  [[nodiscard]] std::vector<IdentityCertificate> usable();
  // With what the manufacturer left in the TPM, as far as that can be asked.
  void all(Answer<std::vector<IdentityCertificate>> answer);

  // Empty: nobody has said.
  [[nodiscard]] std::string product_instance_uri();
  [[nodiscard]] std::string serial_number();
  [[nodiscard]] const std::string& manufacturer() const { return settings_.manufacturer; }
  [[nodiscard]] const std::string& model() const { return settings_.model; }
  // What OPC 10000-21 §5.1 asks for and these lack, in words.
  [[nodiscard]] std::vector<std::string> deficiencies(const std::vector<IdentityCertificate>& identities);

 private:
  struct Plate {  // what the name plate of the device says
    std::string product_instance_uri, serial_number;
  };
  [[nodiscard]] Plate stored_plate();
  [[nodiscard]] Plate plate();
  void put_plate(const Plate& plate);
  // Says which device this is, where the wish does for the first time.
  void name_device(const Wish& wish);
  [[nodiscard]] CertificateSubject subject_of(const Wish& wish);
  [[nodiscard]] KeyDeclaration key_of(const Wish& wish);
  [[nodiscard]] std::optional<IdentityCertificate> installed(IdentityKind kind);
  void request_with_idevid_key(const Wish& wish, Answer<Bytes> answer);
  void apply(const TransactionOwner& owner, Answer<std::monostate> answer);
  void require_no_changes() const;

  const Services services_;
  const Settings settings_;
};

// Throws Error{invalid_argument} where certificates can't say it; the serial number may come later.
void require_identity(const DeviceIdentity::Settings& settings);

}  // namespace edgeseal::agent
