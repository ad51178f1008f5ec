#pragma once

#include <boost/test/unit_test.hpp>

#include "jose/error.h"

namespace edgeseal::jose::test {

// That it is refused, and for which reason.
template <class Function>
void check_refused(Problem problem, const Function& function) {
  BOOST_CHECK_EXCEPTION(function(), Error, [problem](const Error& error) { return error.problem() == problem; });
}

}  // namespace edgeseal::jose::test
