#include "tpm/error.h"

#include <tss2/tss2_rc.h>

#include <utility>

#include "tpm/response_code.h"

namespace edgeseal::tpm {

Error::Error(std::string operation, std::uint32_t rc) : Error(std::move(operation), rc, classify(rc)) {}

Error::Error(std::string operation, std::uint32_t rc, Fault fault)
    : std::runtime_error(operation + ": " + Tss2_RC_Decode(rc)),
      operation_(std::move(operation)),
      rc_(rc),
      fault_(fault) {}

Error::Error(std::string operation, std::uint32_t rc, Fault fault, const std::string& detail)
    : std::runtime_error(operation + ": " + Tss2_RC_Decode(rc) + ": " + detail),
      operation_(std::move(operation)),
      rc_(rc),
      fault_(fault) {}

Error::Error(std::string operation, Fault fault, const std::string& detail)
    : std::runtime_error(operation + ": " + detail), operation_(std::move(operation)), fault_(fault) {}

}  // namespace edgeseal::tpm
