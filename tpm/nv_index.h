#pragma once

#include <tss2/tss2_esys.h>

#include <optional>

#include "tpm/bytes.h"
#include "tpm/session.h"

namespace edgeseal::tpm {

// An index of the chip's non-volatile memory (TPM 2.0 Part 3 §31), with an empty authValue unless an owner's is asked
// for. The session protects every command, so that nobody between here and the chip alters it or its answer; but
// an answer that is an error, "no such index" among them, carries no HMAC.
class NvIndex {
 public:
  // Nothing if the chip has no index with this handle. Two commands.
  [[nodiscard]] static std::optional<NvIndex> find(Session& session, TPM2_HANDLE handle);
  // By the owner, who must have no authValue: else Fault::failed and the remedy. An error if it exists.
  [[nodiscard]] static NvIndex define(Session& session, const TPMS_NV_PUBLIC& area);

  // As it was when this was found or defined.
  [[nodiscard]] const TPMS_NV_PUBLIC& area() const noexcept { return area_; }

  // With the authorisation that the attributes allow: the index's own, else the owner's. `per_command`: the
  // most bytes that one may ask for, not 0 (TPM_PT_NV_BUFFER_MAX).
  [[nodiscard]] Bytes read(Session& session, std::uint16_t per_command) const;
  // For TPM_NT_COUNTER and TPM_NT_BITS.
  [[nodiscard]] std::uint64_t read_number(Session& session) const;

  // From the first byte on; short enough for one command.
  void write(Session& session, ByteView content) const;
  void lock_writing(Session& session) const;
  void set_bits(Session& session, std::uint64_t bits) const;
  void increment(Session& session) const;

  // By the owner; of no use afterwards. Fault::failed, and a text that says so, if the authValue is not the owner's.
  void undefine(Session& session, const SecretBytes& owner_auth) &&;

 private:
  NvIndex(Handle handle, const TPMS_NV_PUBLIC& area) : handle_(std::move(handle)), area_(area) {}

  [[nodiscard]] ESYS_TR read_authority() const noexcept;
  [[nodiscard]] Bytes read_part(Session& session, std::uint16_t offset, std::uint16_t size) const;

  Handle handle_;
  TPMS_NV_PUBLIC area_;
};

}  // namespace edgeseal::tpm
