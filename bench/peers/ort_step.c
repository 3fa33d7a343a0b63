/* ONNX Runtime stepping one recurrent cell through its C API, driven by lines on standard input:

     load CELL HIDDEN BATCH MODEL INPUTS   a .onnx file with nodes' x, h[, c] in and h2[, c2] out; 1024 float32 inputs
     check STEPS FILE                      steps from zero, writes h [BATCH][HIDDEN] after each step
     time SAMPLES MILLISECONDS             prints the nanoseconds of one call, SAMPLES times, in the thread's own time

   Each is answered by one line. Build: cc -O2 ort_step.c -ldl; run: ort_step LIBONNXRUNTIME.

   ONNX Runtime's API is a table of functions whose order is part of its stable interface: members are only ever added
   at its end. Only the members used here are declared, by their place in the table of version 1. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct { void *const *(*get_api)(uint32_t version); const char *(*version)(void); } ApiBase;
typedef void *Status;

enum {
  GET_ERROR_MESSAGE = 2, CREATE_ENV = 3, CREATE_SESSION = 7, RUN = 9, CREATE_SESSION_OPTIONS = 10,
  SET_EXECUTION_MODE = 13, SET_OPTIMIZATION_LEVEL = 23, SET_INTRA_OP_THREADS = 24, SET_INTER_OP_THREADS = 25,
  CREATE_TENSOR_WITH_DATA = 49, CREATE_CPU_MEMORY_INFO = 69
};
enum { WARNING = 2, SEQUENTIAL = 0, ENABLE_ALL = 99, FLOAT = 1, DEVICE_ALLOCATOR = 0, MEMORY_DEFAULT = 0 };
enum { INPUTS = 1024 };

static void *const *api;
static void *env, *session, *memory;
static int hidden, batch, states;
static float inputs[2 * INPUTS];
/* State ping-pongs between two sets of buffers: a step reads one and writes the other. */
static float *x, *state[2][2];
static void *x_value, *state_value[2][2];
static int turn;

static void check(Status status) {
  if (!status) return;
  fprintf(stderr, "ort_step: %s\n", ((const char *(*)(Status))api[GET_ERROR_MESSAGE])(status));
  exit(1);
}

static void *tensor(float *data, int64_t first, int64_t second, int64_t third) {
  int64_t shape[] = {first, second, third};
  void *value = NULL;
  check(((Status(*)(void *, void *, size_t, const int64_t *, size_t, int, void **))api[CREATE_TENSOR_WITH_DATA])(
    memory, data, sizeof(float) * (size_t)(first * second * third), shape, 3, FLOAT, &value));
  return value;
}

static float *floats(size_t count) {
  float *data = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  memset(data, 0, count * sizeof(float));
  return data;
}

static void load(const char *cell, const char *model, const char *input_file) {
  states = strcmp(cell, "lstm") == 0 ? 2 : 1;
  FILE *file = fopen(input_file, "rb");
  if (!file || fread(inputs, sizeof(float), INPUTS, file) != INPUTS) {
    fprintf(stderr, "ort_step: %s: expected %d floats\n", input_file, INPUTS);
    exit(1);
  }
  fclose(file);
  memcpy(inputs + INPUTS, inputs, sizeof inputs / 2);

  void *options = NULL;
  check(((Status(*)(void **))api[CREATE_SESSION_OPTIONS])(&options));
  check(((Status(*)(void *, int))api[SET_EXECUTION_MODE])(options, SEQUENTIAL));
  check(((Status(*)(void *, int))api[SET_OPTIMIZATION_LEVEL])(options, ENABLE_ALL));
  check(((Status(*)(void *, int))api[SET_INTRA_OP_THREADS])(options, 1));
  check(((Status(*)(void *, int))api[SET_INTER_OP_THREADS])(options, 1));
  check(((Status(*)(void *, const char *, void *, void **))api[CREATE_SESSION])(env, model, options, &session));
  check(((Status(*)(int, int, void **))api[CREATE_CPU_MEMORY_INFO])(DEVICE_ALLOCATOR, MEMORY_DEFAULT, &memory));
  /* What earlier cells left is small and goes with the process. */
  x = floats((size_t)batch);
  x_value = tensor(x, 1, batch, 1);
  for (int side = 0; side < 2; side++)
    for (int s = 0; s < states; s++) {
      state[side][s] = floats((size_t)batch * (size_t)hidden);
      state_value[side][s] = tensor(state[side][s], 1, batch, hidden);
    }
  turn = 0;
}

static void step(unsigned t) {
  static const char *const in[] = {"x", "h", "c"}, *const out[] = {"h2", "c2"};
  /* Row r's input at step t is number t + r, modulo INPUTS. */
  if (batch <= INPUTS) memcpy(x, inputs + t % INPUTS, sizeof(float) * (size_t)batch);
  const void *from[] = {x_value, state_value[turn][0], state_value[turn][1]};
  void *to[] = {state_value[!turn][0], state_value[!turn][1]};
  check(((Status(*)(void *, const void *, const char *const *, const void *const *, size_t, const char *const *,
                    size_t, void **))api[RUN])(session, NULL, in, from, 1 + (size_t)states, out, (size_t)states, to));
  turn = !turn;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static void write_states(unsigned steps, const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) { perror(path); exit(1); }
  for (unsigned t = 0; t < steps; t++) {
    step(t);
    fwrite(state[turn][0], sizeof(float), (size_t)batch * (size_t)hidden, file);
  }
  fclose(file);
  puts("done");
}

static void time_steps(int samples, double milliseconds) {
  unsigned t = 0, calls = 1;
  for (int sample = 0; sample < samples; sample++) {
    unsigned done = 0;
    double start = now(), end;
    do {
      for (unsigned i = 0; i < calls; i++) step(t++);
      done += calls;
      end = now();
      /* Looks at the clock about 16 times a sample. */
      calls = (unsigned)((double)done * milliseconds * 1e6 / 16 / (end - start)) + 1;
    } while (end - start < milliseconds * 1e6);
    printf("%.2f%c", (end - start) / done, sample + 1 < samples ? ' ' : '\n');
  }
}

int main(int count, char **arguments) {
  void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
  ApiBase *(*get_base)(void) = library ? (ApiBase * (*)(void)) dlsym(library, "OrtGetApiBase") : NULL;
  if (!get_base) {
    fprintf(stderr, "ort_step: %s\n", count == 2 ? dlerror() : "expected the path of libonnxruntime.so");
    return 1;
  }
  api = get_base()->get_api(1);
  check(((Status(*)(int, const char *, void **))api[CREATE_ENV])(WARNING, "bench", &env));
  printf("ONNX Runtime %s\n", get_base()->version());
  fflush(stdout);

  char line[4096], cell[16], model[1024], file[1024];
  int samples;
  unsigned steps;
  double milliseconds;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "load %15s %d %d %1023s %1023s", cell, &hidden, &batch, model, file) == 5) {
      load(cell, model, file);
      puts("done");
    } else if (sscanf(line, "check %u %1023s", &steps, file) == 2) {
      write_states(steps, file);
    } else if (sscanf(line, "time %d %lf", &samples, &milliseconds) == 2) {
      time_steps(samples, milliseconds);
    } else {
      fprintf(stderr, "ort_step: no command: %s", line);
      return 1;
    }
    fflush(stdout);
  }
  return 0;
}
