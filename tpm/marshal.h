#pragma once

#include <tss2/tss2_mu.h>

#include "tpm/bytes.h"
#include "tpm/error.h"

// Between a structure of libtss2 and its marshalled form, by the functions of libtss2-mu for it.
namespace edgeseal::tpm {

template <class T>
[[nodiscard]] Bytes marshal_with(TSS2_RC (*function)(const T*, std::uint8_t*, std::size_t, std::size_t*),
                                 const T& structure) {
  Bytes out(sizeof structure);
  std::size_t size = 0;
  const TSS2_RC rc = function(&structure, reinterpret_cast<std::uint8_t*>(out.data()), out.size(), &size);
  if (rc != TSS2_RC_SUCCESS) throw Error("marshal", rc);
  out.resize(size);
  return out;
}

// The whole of `bytes`, nothing less. Throws Error with Fault::bad_blob.
template <class T>
[[nodiscard]] T unmarshal_with(TSS2_RC (*function)(const std::uint8_t*, std::size_t, std::size_t*, T*),
                               ByteView bytes) {
  T structure{};
  std::size_t size = 0;
  const TSS2_RC rc = function(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &size, &structure);
  if (rc != TSS2_RC_SUCCESS) throw Error("unmarshal", rc, Fault::bad_blob);
  if (size != bytes.size()) throw Error("unmarshal", Fault::bad_blob, "surplus bytes");
  return structure;
}

}  // namespace edgeseal::tpm
