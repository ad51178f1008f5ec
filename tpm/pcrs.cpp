#include "tpm/pcrs.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <utility>

#include "tpm/memory.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kOperation = "read PCRs";
constexpr unsigned kPcrs = 24;

constexpr int kMaxTries = 16;  // of a chip whose PCRs change while they are read

struct Values {
  PcrMask pcrs = 0;  // those that the chip gave, as many as fit into one response
  std::vector<Bytes> values;
  std::uint32_t update_counter = 0;  // changes with any PCR
};

PcrMask mask_of(const TPML_PCR_SELECTION& selection) noexcept {
  PcrMask mask = 0;
  if (selection.count != 1) return mask;
  const TPMS_PCR_SELECTION& bank = selection.pcrSelections[0];
  for (unsigned byte = 0; byte < std::min<unsigned>(bank.sizeofSelect, kPcrs / 8); ++byte) {
    mask |= static_cast<PcrMask>(bank.pcrSelect[byte]) << (8 * byte);
  }
  return mask;
}

// Some of what was asked for, and one digest of the bank for each.
void require_plausible(const Values& read, PcrMask wanted) {
  if (read.pcrs == 0 || (read.pcrs & ~wanted) != 0) {
    throw Error(kOperation, Fault::unsupported, "this TPM has no SHA-256 bank for the PCRs " + to_string(wanted));
  }
  const auto is_digest = [](const Bytes& value) { return value.size() == TPM2_SHA256_DIGEST_SIZE; };
  if (read.values.size() != static_cast<std::size_t>(std::popcount(read.pcrs)) ||
      !std::ranges::all_of(read.values, is_digest)) {
    throw Error(kOperation, Fault::failed, "the TPM gave other digests than it said");
  }
}

Values read_some(Context& context, PcrMask pcrs) {
  const TPML_PCR_SELECTION wanted = pcr_selection(pcrs);
  UINT32 update_counter = 0;
  EsysPtr<TPML_PCR_SELECTION> given;
  EsysPtr<TPML_DIGEST> digests;
  context.run(kOperation, [&](ESYS_CONTEXT* esys) {
    return Esys_PCR_Read(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted, &update_counter, out(given),
                         out(digests));
  });
  Values read{mask_of(*given), {}, update_counter};
  for (const TPM2B_DIGEST& digest : std::span(digests->digests, digests->count)) read.values.push_back(copy(digest));
  require_plausible(read, pcrs);
  return read;
}

// Nothing if one changed between two commands.
std::optional<std::vector<Bytes>> read_at_once(Context& context, PcrMask pcrs) {
  std::vector<Bytes> values;
  std::optional<std::uint32_t> update_counter;
  while (pcrs != 0) {
    Values read = read_some(context, pcrs);
    if (update_counter.value_or(read.update_counter) != read.update_counter) return std::nullopt;
    update_counter = read.update_counter;
    std::ranges::move(read.values, std::back_inserter(values));
    pcrs &= ~read.pcrs;
  }
  return values;
}

}  // namespace

TPML_PCR_SELECTION pcr_selection(PcrMask pcrs) noexcept {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  TPMS_PCR_SELECTION& bank = selection.pcrSelections[0];
  bank.hash = TPM2_ALG_SHA256;
  bank.sizeofSelect = kPcrs / 8;
  for (unsigned byte = 0; byte < bank.sizeofSelect; ++byte) {
    bank.pcrSelect[byte] = static_cast<BYTE>(pcrs >> (8 * byte) & 0xff);
  }
  return selection;
}

std::string to_string(PcrMask pcrs) {
  std::string out;
  for (unsigned pcr = 0; pcr < kPcrs; ++pcr) {
    if ((pcrs >> pcr & 1) == 0) continue;
    if (!out.empty()) out += ", ";
    out += std::to_string(pcr);
  }
  return out;
}

std::vector<Bytes> read_pcrs(Context& context, PcrMask pcrs) {
  if ((pcrs & ~kAllPcrs) != 0) throw Error(kOperation, Fault::failed, "a TPM has the PCRs 0 to 23");
  for (int tried = 0; tried < kMaxTries; ++tried) {
    if (auto values = read_at_once(context, pcrs)) return std::move(*values);
  }
  throw Error(kOperation, Fault::busy, "the PCRs do not stop changing");
}

}  // namespace edgeseal::tpm
