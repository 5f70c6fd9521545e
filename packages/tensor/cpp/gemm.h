// Products of matrices, after Goto and van de Geijn 2008 (Anatomy of high-performance matrix multiplication) and BLIS:
// blocks of A and B are copied into the order in which the innermost loop reads them, and that loop keeps a tile of C
// in registers.
#pragma once
#include "vec.h"

// A matrix by its strides: element (i, j) is data[i * row + j * column].
struct Matrix {
  const float* data;
  long row, column;
  const float* at(long i, long j) const { return data + i * row + j * column; }
};
static inline Matrix rows_of(const float* data, long width) { return {data, width, 1}; }
static inline Matrix transposed(Matrix m) { return {m.data, m.column, m.row}; }

// Which part of a product is known to be nothing, or not asked for: row i ends before column i + diagonal …
enum class Triangle {
  none,
  result,      // … of C, behind which anything may be left
  left,        // … of A, behind which it is 0
  transposed,  // … of Aᵀ, behind which it is 0
};

struct Product {
  long m, n, k;
  Matrix a, b;               // [m, k], [k, n]
  float* c;                  // [m, n], rows `ldc` apart
  long ldc;
  bool accumulate = false;   // C += A B instead of C = A B
  float scale = 1;           // C = scale * A B
  Triangle triangle = Triangle::none;
  long diagonal = 0;
};

// On all threads.
void gemm(const Product&);
// On the calling thread.
void gemm_serial(const Product&);
