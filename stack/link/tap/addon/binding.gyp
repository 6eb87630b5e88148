{
  "targets": [
    {
      "target_name": "tap",
      "sources": ["tap.c"],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Wno-cast-function-type"]
    }
  ]
}
