#include "enroll/journal.h"

#include <fmt/format.h>

#include <array>

namespace edgeseal::enroll {

namespace {

journal::MessageId id_of(Event event) {
  switch (event) {
    case Event::job_failed: return {"42bcd503913d486a92e5f79c63266a09"};
    case Event::job_waits: return {"e2fb4da39fc842ca9c84e6f1587789e7"};
    case Event::job_given_back: return {"4043dfabcf8149e5b414b3dc79acf366"};
    case Event::helper_failed: return {"360950d2b2eb445d998cef46eae5d70a"};
    case Event::certificate_modified: return {"845ca5d206314fa19e774de97ca0bae9"};
    case Event::anchors_not_taken: return {"1519949e2d734f2fbf68469d88fb7448"};
    case Event::announcement_ignored: return {"c58a000949a0426da497b4286c9c259e"};
    case Event::not_running: break;
  }
  return {"951263372fd64a929157fa22848ad518"};
}

constexpr std::string_view program = "edgeseal-enroll";

}  // namespace

void log(Level level, Event event, const std::string& text) {
  journal::write(program, level, id_of(event), text, {});
}

void log(Level level, Event event, const std::string& job, const std::string& text) {
  const std::array fields{Field{"JOB", job}};
  journal::write(program, level, id_of(event), fmt::format("{}: {}", job, text), fields);
}

void log(Level level, Event event, const std::string& job, const Error& error) {
  const std::string_view error_class = name_of(error.error_class());
  const std::array fields{Field{"JOB", job}, Field{"ERROR", error_class}};
  journal::write(program, level, id_of(event), fmt::format("{}: {}: {}", job, error_class, error.what()), fields);
}

}  // namespace edgeseal::enroll
