#pragma once

#include <array>
#include <string_view>

namespace edgeseal::agent {

// Records of the state; see OnboardingRecords.
inline constexpr std::string_view tickets_record = "onboarding-tickets";
inline constexpr std::string_view registrars_record = "onboarding-registrars";
inline constexpr std::string_view software_record = "onboarding-software";
// What a reset of the device forgets: said by somebody who may have nothing to say any more. Tickets are the
// manufacturer's.
inline constexpr std::array configuration_records = {registrars_record, software_record};

}  // namespace edgeseal::agent
