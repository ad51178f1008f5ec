#include "tpm/anchor_indices.h"

#include <array>
#include <string>

#include "tpm/hexadecimal.h"
#include "tpm/number.h"

namespace edgeseal::tpm {
namespace {

constexpr const char* kOperation = "use the anchor in NV";

constexpr std::uint16_t kOriginsSize = 2 * kNumberSize;

// Everybody may write, but by what it is an index only goes forwards; a failed try counts for nobody's lockout.
constexpr TPMA_NV kAttributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_OWNERREAD | TPMA_NV_NO_DA;
constexpr TPMA_NV kBits = kAttributes | TPM2_NT_BITS << TPMA_NV_TPM2_NT_SHIFT;
constexpr TPMA_NV kCounter = kAttributes | TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT;
constexpr TPMA_NV kWrittenOnce = kAttributes | TPMA_NV_WRITEDEFINE;
constexpr TPMA_NV kState = TPMA_NV_WRITTEN | TPMA_NV_WRITELOCKED;  // what use changes

TPMS_NV_PUBLIC area_of(TPM2_HANDLE handle) {
  TPMS_NV_PUBLIC area{};
  area.nvIndex = handle;
  area.nameAlg = TPM2_ALG_SHA256;
  area.attributes = kCounter;
  area.dataSize = kNumberSize;
  if (handle == AnchorIndices::kConfigured) area.attributes = kBits;
  if (handle == AnchorIndices::kOrigins) {
    area.attributes = kWrittenOnce;
    area.dataSize = kOriginsSize;
  }
  return area;
}

bool is_ours(const TPMS_NV_PUBLIC& area) {
  const TPMS_NV_PUBLIC wanted = area_of(area.nvIndex);
  return area.nameAlg == wanted.nameAlg && (area.attributes & ~kState) == wanted.attributes &&
         area.dataSize == wanted.dataSize && area.authPolicy.size == 0;
}

bool is_written(const NvIndex& index) {
  return (index.area().attributes & TPMA_NV_WRITTEN) != 0;
}

bool is_locked(const NvIndex& index) {
  return (index.area().attributes & TPMA_NV_WRITELOCKED) != 0;
}

Error below_origin(TPM2_HANDLE counter) {
  return Error(kOperation, Fault::failed,
               "the counter " + hexadecimal(counter) +
                   " stands below its origin, so that they were not made together. The removal of the origins by the "
                   "owner (tpm2_nvundefine -C o " +
                   hexadecimal(AnchorIndices::kOrigins) + ") lets the agent count anew");
}

}  // namespace

std::optional<NvIndex> AnchorIndices::find(TPM2_HANDLE handle) {
  auto index = NvIndex::find(session_, handle);
  if (index && !is_ours(index->area())) {
    throw Error(kOperation, Fault::failed,
                "another program has the NV index " + hexadecimal(handle) +
                    ". Find out whose it is (tpm2_nvreadpublic); if nobody's, its removal by the owner helps "
                    "(tpm2_nvundefine -C o " +
                    hexadecimal(handle) + ")");
  }
  return index;
}

NvIndex AnchorIndices::find_or_define(TPM2_HANDLE handle) {
  auto index = find(handle);
  return index ? std::move(*index) : NvIndex::define(session_, area_of(handle));
}

// A counter has no value until it is incremented once.
NvIndex AnchorIndices::find_or_define_counter(TPM2_HANDLE handle) {
  NvIndex counter = find_or_define(handle);
  if (!is_written(counter)) counter.increment(session_);
  return counter;
}

AnchorIndices::Origins AnchorIndices::read_origins(const NvIndex& index) {
  const Bytes content = index.read(session_, kOriginsSize);
  return {number_of(ByteView(content).first(kNumberSize)), number_of(ByteView(content).last(kNumberSize))};
}

void AnchorIndices::write_origins(const NvIndex& index, const Origins& origins) {
  std::array<std::byte, kOriginsSize> content{};
  put_number(std::span(content).first(kNumberSize), origins.failed_tries);
  put_number(std::span(content).last(kNumberSize), origins.generation);
  index.write(session_, content);
  index.lock_writing(session_);
}

void AnchorIndices::find_all() {
  auto configured = find(kConfigured), failed_tries = find(kFailedTries), generation = find(kGeneration);
  const auto origins = find(kOrigins);
  if (!configured || !failed_tries || !generation || !origins || !is_locked(*origins)) return;
  found_ = Indices{std::move(*configured), std::move(*failed_tries), std::move(*generation), read_origins(*origins)};
}

AnchorIndices::Indices& AnchorIndices::indices() {
  if (!found_) find_all();
  if (!found_) throw Error(kOperation, Fault::failed, "it is not defined in this TPM");
  return *found_;
}

// Nobody has ever set a bit of an index that was not written.
bool AnchorIndices::configured(const NvIndex& index) {
  try {
    return (index.read_number(session_) & 1) != 0;
  } catch (const Error& error) {
    if (!unwritten(error.rc())) throw;
    return false;
  }
}

std::uint64_t AnchorIndices::since(std::uint64_t origin, const NvIndex& counter) {
  const std::uint64_t value = counter.read_number(session_);
  if (value < origin) throw below_origin(counter.area().nvIndex);
  return value - origin;
}

Anchor AnchorIndices::read(const Indices& indices) {
  return {configured(indices.configured), since(indices.origins.failed_tries, indices.failed_tries),
          since(indices.origins.generation, indices.generation)};
}

std::optional<Anchor> AnchorIndices::read() {
  if (!found_) find_all();
  return found_ ? std::optional(read(*found_)) : std::nullopt;
}

Anchor AnchorIndices::define() {
  if (auto anchor = read()) return *anchor;
  define_missing();
  return read(indices());
}

// Keeps none of them: ESAPI gives one index one object, however often it is found, and it goes with the first owner.
void AnchorIndices::define_missing() {
  (void)find_or_define(kConfigured);
  const NvIndex failed_tries = find_or_define_counter(kFailedTries);
  const NvIndex generation = find_or_define_counter(kGeneration);
  const NvIndex origins = find_or_define(kOrigins);
  if (!is_locked(origins)) {
    write_origins(origins, {failed_tries.read_number(session_), generation.read_number(session_)});
  }
}

void AnchorIndices::mark_configured() {
  const NvIndex& index = indices().configured;
  if (!configured(index)) index.set_bits(session_, 1);
}

std::uint64_t AnchorIndices::count_failed_try() {
  const Indices& all = indices();
  all.failed_tries.increment(session_);
  return since(all.origins.failed_tries, all.failed_tries);
}

std::uint64_t AnchorIndices::advance_generation() {
  const Indices& all = indices();
  all.generation.increment(session_);
  return since(all.origins.generation, all.generation);
}

// The origins first: what an interruption leaves counts as undefined.
void AnchorIndices::remove(const SecretBytes& owner_auth) {
  found_.reset();
  for (const TPM2_HANDLE handle : {kOrigins, kGeneration, kFailedTries, kConfigured}) {
    if (auto index = find(handle)) std::move(*index).undefine(session_, owner_auth);
  }
}

}  // namespace edgeseal::tpm
