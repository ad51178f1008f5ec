#pragma once

namespace edgeseal::enroll {

// From now on libcrypto and libcurl overwrite memory before they give it back; what `delete` gives back is overwritten
// in every program that links this. So no secret stays behind in a buffer that nobody thinks of. To be called before
// anything else of either. Throws std::runtime_error.
void wipe_freed_memory();

}  // namespace edgeseal::enroll
