/** Opens a model folder, hands the model over, and frees it whatever happens. */
export async function withModel(policy, folder, options, use) {
  const model = policy.LanguageModel.open(folder, options);
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}
