#include "jose/strict_json.h"

#include <set>

#include "jose/error.h"

namespace edgeseal::jose {

namespace {

// What the parser tells while it reads: the names of the objects that are open.
class OpenObjects {
 public:
  explicit OpenObjects(std::string_view part) : part_(part) {}

  void follow(int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > static_cast<int>(max_json_depth)) refuse("is nested too deeply");
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end) names_.pop_back();
    if (event == Json::parse_event_t::key && !names_.back().insert(parsed.get_ref<const SecretText&>()).second)
      refuse("has a name twice in one object");
  }

 private:
  [[noreturn]] void refuse(const char* problem) const {
    throw Error(Problem::malformed, std::string(part_) + " " + problem);
  }

  std::string_view part_;
  std::vector<std::set<SecretText>> names_;
};

[[noreturn]] void refuse_member(const char* name, const char* problem) {
  throw Error(Problem::malformed, std::string("the member '") + name + "' " + problem);
}

}  // namespace

// The parser's own messages quote what they stumble over, which may be a secret.
Json parse_json(std::string_view text, std::string_view part) {
  OpenObjects objects(part);
  try {
    return Json::parse(text.begin(), text.end(), [&](int depth, Json::parse_event_t event, Json& parsed) {
      objects.follow(depth, event, parsed);
      return true;
    });
  } catch (const Json::exception&) {
    throw Error(Problem::malformed, std::string(part) + " is not JSON in UTF-8");
  }
}

Json parse_json_object(std::string_view text, std::string_view part) {
  Json json = parse_json(text, part);
  if (!json.is_object()) throw Error(Problem::malformed, std::string(part) + " is not a JSON object");
  return json;
}

std::optional<std::string_view> find_text(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end()) return std::nullopt;
  if (!member->is_string()) refuse_member(name, "is not a string");
  return member->get_ref<const SecretText&>();
}

std::string_view require_text(const Json& object, const char* name) {
  const auto text = find_text(object, name);
  if (!text) refuse_member(name, "is missing");
  return *text;
}

const Json& require_member(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end()) refuse_member(name, "is missing");
  return *member;
}

}  // namespace edgeseal::jose
