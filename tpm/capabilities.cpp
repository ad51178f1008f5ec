#include "tpm/capabilities.h"

#include <algorithm>
#include <array>
#include <span>

#include "tpm/key_template.h"
#include "tpm/properties.h"

namespace edgeseal::tpm {
namespace {

constexpr std::array kAlgorithms{KeyAlgorithm::ec_p256,  KeyAlgorithm::ec_p384,  KeyAlgorithm::ec_p521,
                                 KeyAlgorithm::rsa_2048, KeyAlgorithm::rsa_3072, KeyAlgorithm::rsa_4096};

// Four characters of a property; what is not printable is left out.
std::string characters(std::uint32_t word) {
  std::string out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    const auto character = static_cast<char>(word >> shift & 0xff);
    if (character >= ' ' && character <= '~') out += character;
  }
  return out;
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string vendor_string(const Properties& properties) {
  std::string out;
  for (TPM2_PT part = TPM2_PT_VENDOR_STRING_1; part <= TPM2_PT_VENDOR_STRING_4; ++part) {
    out += characters(properties[part]);
  }
  return trimmed(out);
}

std::string firmware(std::uint32_t version) {
  return std::to_string(version >> 16) + "." + std::to_string(version & 0xffff);
}

// The property is the revision times 100.
std::string revision(std::uint32_t times_100) {
  const std::string hundredths = std::to_string(times_100 % 100);
  return std::to_string(times_100 / 100) + (hundredths.size() < 2 ? ".0" : ".") + hundredths;
}

constexpr const char* kListHandles = "list handles";
constexpr std::size_t kMaxHandles = 4096;

// Who asks for loaded sessions asks by the kind of those with an HMAC, and is told of those with a policy too.
constexpr TPM2_HANDLE kind_of(TPM2_HANDLE handle) noexcept {
  const TPM2_HANDLE upper_byte = handle >> TPM2_HR_SHIFT;
  return upper_byte == TPM2_HT_POLICY_SESSION ? TPM2_HT_LOADED_SESSION : upper_byte;
}

bool supports(Context& context, KeyAlgorithm algorithm) {
  const TPM2B_PUBLIC key = application_key_template(algorithm);
  TPMT_PUBLIC_PARMS parameters{};
  parameters.type = key.publicArea.type;
  parameters.parameters = key.publicArea.parameters;
  try {
    context.run("test key parameters", [&](ESYS_CONTEXT* esys) {
      return Esys_TestParms(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &parameters);
    });
    return true;
  } catch (const Error& error) {
    if (!blames_parameter(error.rc())) throw;
    return false;
  }
}

}  // namespace

TpmFacts read_facts(Context& context) {
  const Properties properties(context, TPM2_PT_FIXED, TPM2_PT_HR_TRANSIENT_MIN);
  TpmFacts facts;
  facts.manufacturer = trimmed(characters(properties[TPM2_PT_MANUFACTURER]));
  facts.vendor = vendor_string(properties);
  facts.firmware = firmware(properties[TPM2_PT_FIRMWARE_VERSION_1]);
  facts.revision = revision(properties[TPM2_PT_REVISION]);
  facts.transient_slots = properties[TPM2_PT_HR_TRANSIENT_MIN];
  std::ranges::copy_if(kAlgorithms, std::back_inserter(facts.key_algorithms),
                       [&](KeyAlgorithm algorithm) { return supports(context, algorithm); });
  return facts;
}

std::vector<TPM2_HANDLE> collect_handles(TPM2_HANDLE first, const std::function<SomeHandles(TPM2_HANDLE)>& read) {
  const TPM2_HANDLE kind = kind_of(first);
  std::vector<TPM2_HANDLE> found;
  for (bool more = true; more;) {
    const TPM2_HANDLE asked_from = first;
    const SomeHandles part = read(first);
    for (const TPM2_HANDLE handle : part.handles) {
      if (kind_of(handle) != kind) return found;
      if (found.size() == kMaxHandles) {
        throw Error(kListHandles, Fault::failed, "more than any TPM has: it, or what stands before it, is broken");
      }
      found.push_back(handle);
      first = std::max(first, handle + 1);
    }
    more = part.more && first > asked_from;
  }
  return found;
}

std::vector<TPM2_HANDLE> handles_from(Context& context, TPM2_HANDLE first) {
  return collect_handles(first, [&](TPM2_HANDLE from) {
    const Capability part = read_capability(context, kListHandles, TPM2_CAP_HANDLES, from, TPM2_MAX_CAP_HANDLES);
    const auto handles = std::span(part.data->data.handles.handle, part.data->data.handles.count);
    return SomeHandles{{handles.begin(), handles.end()}, part.more};
  });
}

}  // namespace edgeseal::tpm
