#include "tpm/manufacturer_keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "tpm/capabilities.h"
#include "tpm/endorsement.h"
#include "tpm/key_template.h"
#include "tpm/marshal.h"
#include "tpm/nv_certificate.h"
#include "tpm/nv_index.h"
#include "tpm/persistent_object.h"
#include "tpm/properties.h"
#include "tpm/public_area.h"

namespace edgeseal::tpm {
namespace {

using Kind = ManufacturerKey::Kind;

// Of an index; EK certificates have one or two.
constexpr std::uint16_t kMaxCertificate = 8192;
// Of each range.
constexpr std::size_t kMaxIndices = 32;

// IDevID and IAK, right behind the endorsement keys. The owner may have keys of his own there.
constexpr TPM2_HANDLE kLastDeviceKey = 0x8102ffff;

struct Range {
  TPM2_HANDLE first, last;
};

// EK Credential Profile §2.2.1.4 and 5.
struct EndorsementCertificate {
  TPM2_HANDLE index;
  const char* algorithm;
};
constexpr std::array kEndorsementCertificates{
    EndorsementCertificate{0x01c00002, "rsa-2048"}, EndorsementCertificate{0x01c0000a, "ec-p256"},
    EndorsementCertificate{0x01c00012, "rsa-2048"}, EndorsementCertificate{0x01c00014, "ec-p256"},
    EndorsementCertificate{0x01c00016, "ec-p384"},  EndorsementCertificate{0x01c00018, "ec-p521"},
    EndorsementCertificate{0x01c0001c, "rsa-3072"}, EndorsementCertificate{0x01c0001e, "rsa-4096"}};

constexpr Range kEndorsementCertificateRange{kEndorsementCertificates.front().index,
                                             kEndorsementCertificates.back().index};

// TPM 2.0 Keys for Device Identity and Attestation §7.3: the certificates of IDevIDs from 0x01c90000 on, of IAKs from
// 0x01c90100 on; between, 0x01c90018 to 0x01c9001f belong to IAKs, where swtpm_setup puts certificates too.
constexpr Range kDeviceCertificates{0x01c90000, 0x01c901ff};

Kind kind_of_device_certificate(TPM2_HANDLE index) noexcept {
  const TPM2_HANDLE offset = index - kDeviceCertificates.first;
  return (offset >= 0x18 && offset <= 0x1f) || offset >= 0x100 ? Kind::iak : Kind::idevid;
}

// By what the key can do: EK, IAK and IDevID exclude each other. Nothing for a key that can leave the chip.
std::optional<Kind> kind_of(TPMA_OBJECT attributes) noexcept {
  constexpr TPMA_OBJECT lives_here = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;
  if ((attributes & lives_here) != lives_here) return std::nullopt;
  switch (attributes & (TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_SIGN_ENCRYPT)) {
    case TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT: return Kind::endorsement;
    case TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT: return Kind::iak;
    case TPMA_OBJECT_SIGN_ENCRYPT: return Kind::idevid;
    default: return std::nullopt;
  }
}

// An EK stands in its range, an IDevID in the other; an IAK is found in both.
bool belongs(Kind kind, TPM2_HANDLE handle) noexcept {
  return kind == Kind::iak || (kind == Kind::endorsement) == (handle <= kLastEndorsementKey);
}

std::string algorithm_name(const PublicKey& key) {
  constexpr std::size_t bits_per_byte = 8;
  if (const auto* ec = std::get_if<EcPublicKey>(&key)) return to_string(ec->curve);
  return "rsa-" + std::to_string(std::get<RsaPublicKey>(key).modulus.size() * bits_per_byte);
}

// What a certificate of the key has in its SubjectPublicKeyInfo.
Bytes public_number(const PublicKey& key) {
  if (const auto* rsa = std::get_if<RsaPublicKey>(&key)) return rsa->modulus;
  const auto& ec = std::get<EcPublicKey>(key);
  Bytes point = ec.x;
  point.insert(point.end(), ec.y.begin(), ec.y.end());
  return point;
}

struct FoundKey {
  ManufacturerKey key;
  Bytes number;
};

// The faults of what is asked for; others concern the whole chip.
bool is_local(const Error& error) noexcept {
  return error.fault() != Fault::transport && error.fault() != Fault::busy && !out_of_objects(error.rc());
}

template <class Read>
auto nothing_if_unreadable(const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error& error) {
    if (!is_local(error)) throw;
    return std::nullopt;
  }
}

std::optional<FoundKey> read_key(Context& context, TPM2_HANDLE handle) {
  const auto object = find_persistent_object(context, handle);
  if (!object) return std::nullopt;
  const TPMT_PUBLIC& area = object->area.publicArea;
  const auto kind = kind_of(area.objectAttributes);
  if (!kind || !belongs(*kind, handle)) return std::nullopt;
  const PublicKey key = public_key(area);
  FoundKey found;
  found.key.kind = *kind;
  found.key.algorithm = algorithm_name(key);
  found.key.handle = handle;
  found.key.public_area = marshal_with(Tss2_MU_TPMT_PUBLIC_Marshal, area);
  found.number = public_number(key);
  return found;
}

std::vector<FoundKey> read_persistent_keys(Context& context) {
  std::vector<FoundKey> keys;
  for (const TPM2_HANDLE handle : handles_from(context, kFirstEndorsementKey)) {
    if (handle > kLastDeviceKey) break;
    if (auto key = nothing_if_unreadable([&] { return read_key(context, handle); })) keys.push_back(std::move(*key));
  }
  return keys;
}

std::optional<Bytes> read_certificate(Session& session, TPM2_HANDLE handle, std::uint16_t per_command) {
  const auto index = NvIndex::find(session, handle);
  if (!index || index->area().dataSize > kMaxCertificate) return std::nullopt;
  const Bytes content = index->read(session, per_command);
  const auto certificate = certificate_in(content);
  if (!certificate) return std::nullopt;
  return Bytes(certificate->begin(), certificate->end());
}

// Nothing certain is known of the algorithm of the others.
std::optional<ManufacturerKey> described_by(TPM2_HANDLE index) {
  ManufacturerKey key;
  key.nv_index = index;
  if (index >= kDeviceCertificates.first && index <= kDeviceCertificates.last) {
    key.kind = kind_of_device_certificate(index);
    return key;
  }
  const auto known = std::ranges::find(kEndorsementCertificates, index, &EndorsementCertificate::index);
  if (known == kEndorsementCertificates.end()) return std::nullopt;
  key.algorithm = known->algorithm;
  return key;
}

std::vector<ManufacturerKey> read_certificates(Session& session, Range range, std::uint16_t per_command) {
  std::vector<ManufacturerKey> found;
  std::size_t read = 0;
  for (const TPM2_HANDLE handle : handles_from(session.context(), range.first)) {
    if (handle > range.last) break;
    auto key = described_by(handle);
    if (!key) continue;
    if (++read > kMaxIndices) break;
    auto certificate = nothing_if_unreadable([&] { return read_certificate(session, handle, per_command); });
    if (!certificate) continue;
    key->certificate = std::move(*certificate);
    found.push_back(std::move(*key));
  }
  return found;
}

// Whether a certificate is of the key: a number as long as these occurs in no other.
bool is_of(const FoundKey& found, const ManufacturerKey& certified) {
  const Bytes& certificate = certified.certificate;
  const auto place = std::search(certificate.begin(), certificate.end(), found.number.begin(), found.number.end());
  return !found.number.empty() && place != certificate.end();
}

// The first certificate of a key goes to the key; a further one tells of the key again.
void add(std::vector<FoundKey>& found, ManufacturerKey certified) {
  const auto key = std::ranges::find_if(found, [&](const FoundKey& each) { return is_of(each, certified); });
  if (key == found.end()) return found.push_back({std::move(certified), {}});
  ManufacturerKey described = key->key;
  described.nv_index = certified.nv_index;
  described.certificate = std::move(certified.certificate);
  if (key->key.certificate.empty()) {
    key->key = std::move(described);
  } else {
    found.push_back({std::move(described), {}});
  }
}

// The most that the chip gives at a time; some say nothing, or more than fits into an answer.
std::uint16_t nv_bytes_per_command(Context& context) {
  constexpr std::uint32_t everywhere = 512;
  const std::uint32_t most = Properties(context, TPM2_PT_NV_BUFFER_MAX, TPM2_PT_NV_BUFFER_MAX)[TPM2_PT_NV_BUFFER_MAX];
  return static_cast<std::uint16_t>(most == 0 ? everywhere : std::min<std::uint32_t>(most, TPM2_MAX_NV_BUFFER_SIZE));
}

}  // namespace

std::vector<ManufacturerKey> read_manufacturer_keys(Session& session) {
  std::vector<FoundKey> found = read_persistent_keys(session.context());
  const std::uint16_t per_command = nv_bytes_per_command(session.context());
  for (const Range range : {kEndorsementCertificateRange, kDeviceCertificates}) {
    for (ManufacturerKey& certified : read_certificates(session, range, per_command)) {
      add(found, std::move(certified));
    }
  }
  std::vector<ManufacturerKey> keys;
  for (FoundKey& each : found) keys.push_back(std::move(each.key));
  return keys;
}

}  // namespace edgeseal::tpm
