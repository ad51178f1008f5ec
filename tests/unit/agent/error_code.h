#pragma once

#include <boost/test/unit_test.hpp>

#include "agent/error.h"

namespace edgeseal::test {

// For BOOST_CHECK_EXCEPTION.
inline auto has_code(agent::Code code) {
  return [code](const agent::Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.code() == code;
  };
}

}  // namespace edgeseal::test
